"""The paper's gate over a whole song is the runtime's strict gate, its delay taken out."""

import numpy as np
import pytest

from offline_train.paper.gating import GATES, MEDIAN, smoothed, told, weights
from rtiass.activity import STRICT_FRAMES, GateSettings, StrictGate


def test_the_same_weights_as_the_strict_gate():
    activity = np.random.default_rng(0).random(200).astype(np.float32)
    gate = StrictGate(GateSettings(threshold=0.5))
    streamed = [gate.push(float(p)) for p in [*activity, *[0.0] * gate.lookahead]][gate.lookahead :]
    ours = weights(activity, np.zeros(200, bool))["smooth"]
    assert MEDIAN == STRICT_FRAMES
    np.testing.assert_array_equal(ours, streamed)
    assert 0 < ours.mean() < 1


def test_four_ways_to_gate():
    activity, labels = np.array([0.9, 0.1, 0.9, 0.9]), np.array([False, True, True, False])
    found = weights(activity, labels, median=3)
    assert list(found) == list(GATES)
    assert [list(row) for row in found.values()] == [[1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0]]


def test_without_activity_two_are_left():
    assert list(weights(None, np.array([True, False]))) == ["open", "true"]


def test_a_gate_tells_how_it_is_set():
    assert "median of 21 frames, as published; threshold 0.5" in told(21, 0.5)
    assert "median of 5 frames, not as published (21)" in told(5, 0.5)
    assert "threshold 0.7 (here usually 0.5" in told(21, 0.7)


@pytest.mark.parametrize("frames", [1, 3, 5])
def test_the_median_looks_as_far_to_either_side(frames):
    activity = np.zeros(11)
    activity[5 - frames // 2 : 6 + frames // 2] = 1.0
    found = smoothed(activity, frames)
    assert found[5] == 1.0 and (found == found[::-1]).all()
