"""Labels against MedleyDB's definition, written out sample by sample, and on signals worked out by hand."""

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from offline_train.labels import active, confidence, energy_envelope


def by_definition(stems):
    """Activation confidence as the definition reads, with no care for speed."""
    envelopes = []
    for stem in stems:
        rectified = np.sqrt(np.maximum(stem, 0))
        frames = int(np.ceil(len(stem) / 2048)) + 1
        padded = np.concatenate([np.zeros(2048), rectified, np.zeros(4096)])
        envelopes.append([np.mean(padded[k * 2048 : k * 2048 + 4096] * np.hanning(4096)) for k in range(frames)])
    energy = np.array(envelopes)
    total = energy.sum(axis=0)
    share = np.zeros_like(energy)
    for k in range(energy.shape[1]):
        if total[k] >= 0.01:
            share[:, k] = len(stems) * energy[:, k] / total.max()
    smooth = np.array([filtfilt(*butter(2, 0.075), row) for row in share])
    return 1 - 1 / (1 + np.exp(20 * (smooth - 0.15)))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_equal_to_the_definition(count):
    rng = np.random.default_rng(count)
    stems = []
    for k in range(count):
        gain = np.repeat(rng.choice([0.0, 0.001, 0.05, 0.5], 12), 9000)
        stems.append(gain * np.sin(2 * np.pi * 110 * (k + 1) * np.arange(len(gain)) / 44100))
    ours = confidence([energy_envelope(stem) for stem in stems])
    np.testing.assert_allclose(ours, by_definition(stems), atol=1e-9)
    assert (ours > 0.5).any() and (ours < 0.5).any()


def test_constants_by_hand():
    """0.64 and 0.0016: roots 0.8 and 0.04, so H is 2 * 0.8 / 0.84 = 1.905 and 2 * 0.04 / 0.84 = 0.0952 throughout."""
    loud, soft = (energy_envelope(np.full(120 * 2048, level)) for level in (0.64, 0.0016))
    # Far from the ends, where the smoothing rings.
    found = confidence([loud, soft])[:, 55:65]
    np.testing.assert_allclose(found[0], 1 - 1 / (1 + np.exp(20 * (1.6 / 0.84 - 0.15))), atol=2e-3)
    np.testing.assert_allclose(found[1], 1 - 1 / (1 + np.exp(20 * (0.08 / 0.84 - 0.15))), atol=2e-3)
    assert active([loud, soft])[:, 55:65].tolist() == [[True] * 10, [False] * 10]


def test_the_limit_by_hand():
    """Alone, H is the root's mean over its largest: 0.15 of it at 0.15 ** 2 = 0.0225 of the amplitude."""
    # Long enough parts for the smoothing to settle; the loud one sets the largest sum.
    for level, on in ((0.0235, True), (0.0215, False)):
        signal = np.concatenate([np.full(150 * 2048, 1.0), np.full(150 * 2048, level)])
        assert active([energy_envelope(signal)])[0, 215:235].tolist() == [on] * 20


def test_a_rectified_wave_by_hand():
    """Half of a square wave is above zero: its envelope is half of that of a constant."""
    square = np.tile([0.36] * 32 + [-0.36] * 32, 2048)
    envelope = energy_envelope(square)[4:-4]
    np.testing.assert_allclose(envelope, 0.5 * 0.6 * np.hanning(4096).mean(), rtol=1e-3)


def test_below_a_hundredth_nothing_is_active():
    """The mean of the Hann window is nearly one half, so the limit 0.01 lies at an amplitude of 0.0004."""
    assert active([energy_envelope(np.full(40 * 2048, 0.0005))])[0, 10:30].all()
    assert not active([energy_envelope(np.full(40 * 2048, 0.0003))]).any()
