"""The causal median: the paper's median of 21 frames over the past alone, on the newest frame."""

import numpy as np
import pytest
from fake_engine import FixedSession, fake_bundle
from scipy.ndimage import median_filter

from offline_train.evaluation.gates import CausalGate
from offline_train.evaluation.streamed import BLOCK, separate_song
from offline_train.evaluation.truth import Truth
from rtiass.activity import GateSettings, StrictGate
from rtiass.stft import MODES


def activity(seed, frames=300):
    """Probabilities that rise and fall, with noise."""
    rng = np.random.default_rng(seed)
    return np.clip(0.5 + 0.4 * np.sin(np.arange(frames) / 17) + 0.3 * rng.standard_normal(frames), 0, 1)


@pytest.mark.parametrize("threshold", [0.14, 0.5, 0.8])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_the_median_of_the_last_21_frames(seed, threshold):
    values = activity(seed)
    gate = CausalGate(GateSettings(threshold=threshold))
    weights = [gate.push(value) for value in values]
    # scipy's median is centred; its origin moves the window so that it ends at the frame. Before the song: silence.
    expected = median_filter(values, size=21, mode="constant", cval=0.0, origin=10) >= threshold
    np.testing.assert_array_equal(weights, expected)
    assert gate.lookahead == 0 and {0.0, 1.0} == set(weights)


def test_it_decides_as_the_centred_one_but_about_a_frame_ten_later():
    strict, causal = StrictGate(GateSettings()), CausalGate(GateSettings())
    for value in activity(3):
        assert strict.push(value) == causal.push(value)
    assert (strict.lookahead, causal.lookahead) == (10, 0)


@pytest.mark.parametrize("lookahead", [0, 2])
def test_in_the_separator_it_opens_with_the_eleventh_frame_and_costs_no_latency(lookahead):
    sound = np.full((2, 30 * BLOCK), 0.1, np.float32)
    truth = Truth("song", "recorded", 0, {"vocals": sound, "other": sound}, {}, ("vocals", "other"))
    found = separate_song(fake_bundle(lookahead), FixedSession(), truth, "live", ["causal", "fast"])
    weights = found["causal"].gates[:, 0]
    np.testing.assert_array_equal(weights, np.arange(len(weights)) >= 10)
    assert found["causal"].latency == found["fast"].latency == MODES["live"].window + lookahead * 1024
    assert found["causal"].gates_lag == found["fast"].gates_lag
