"""Thresholds that cost nothing: what is missed, what is lost, what falls silent in pauses."""

import numpy as np
import pytest
import torch
from tiny_pool import make_pool

from offline_train.gates import SKIP, Heard, allowed, calibrate, choose, judge
from offline_train.lineup import BAND
from offline_train.mixing_config import MixingConfig
from offline_train.network import build
from offline_train.pool import Pool

FRAMES = SKIP + 8 * 43


def heard(playing: float, pausing: float, level: float = 1.0, error: float = 0.1) -> Heard:
    """Four seconds of playing and four of pause, with the activity of each; the estimate is the target with an error."""
    active = np.arange(FRAMES) < SKIP + 4 * 43
    target = np.where(active, level, 0.0)
    return Heard(np.where(active, playing, pausing), active, target + error, target, target)


def test_a_clear_activity_gives_a_gate_that_closes_and_costs_nothing():
    found = choose([heard(0.9, 0.1)], [heard(0.8, 0.2)])
    assert 0.2 < found["threshold"] <= 0.8
    for part in ("mixtures", "held_out"):
        assert found[part]["recall"] == 1.0
        # Median and hangover keep it open for half a second.
        assert found[part]["wrongly_open"] < 0.3
        assert found[part]["pause_change"] < -20
        assert found[part]["sdr_loss"] <= 0.05
    # The lowest one that does it.
    assert found["threshold"] == pytest.approx(0.22)


def test_an_activity_that_never_falls_gives_an_open_gate():
    found = choose([heard(0.9, 0.9)], [])
    assert found["threshold"] == 0.0 and "hardly ever close" in found["why"]


def test_songs_that_were_held_out_have_a_veto():
    found = choose([heard(0.9, 0.1)], [heard(0.001, 0.1)])
    assert found["threshold"] == 0.0 and "miss too much or cost" in found["why"]
    assert found["held_out"]["recall"] < 0.97


def test_what_a_shut_gate_costs_is_seen():
    facts = judge([heard(0.1, 0.1)], 0.5)
    assert facts["recall"] == 0.0
    # The estimate had an SDR of 10 dB, silence has none.
    assert facts["sdr_change"] == pytest.approx(-10.0, abs=1e-6) and facts["sdr_loss"] == pytest.approx(10.0)
    assert not allowed(facts) and allowed(judge([heard(0.9, 0.1)], 0.5))


def test_figures_without_frames_are_left_out():
    silent = heard(0.9, 0.1, level=0.0)
    silent.active[:] = False
    assert set(judge([silent], 0.5)) == {"wrongly_open", "pause_change"}


def test_every_stem_but_the_last_gets_a_threshold(tmp_path):
    torch.manual_seed(0)
    network = build({"kind": "joint", "channels": [4, 4, 4], "hidden": 8, "squeeze": 2, "rank": 4}).eval()
    found = calibrate(network, Pool(make_pool(tmp_path)), None, MixingConfig(), BAND, examples=1)
    assert tuple(found) == BAND.stems[:-1]
    assert all(0.0 <= facts["threshold"] < 1.0 for facts in found.values())
