"""Labels against MedleyDB's definition, written out frame by frame, and on signals worked out by hand."""

import numpy as np
import pytest
from scipy.signal import butter, filtfilt
from scipy.signal.windows import hann

from offline_train.labels import active, confidence, energy_envelope

SUM_OF_WINDOW = 4097 / 2
"""Of sin(pi n / 4097) ** 2 for n from 1 to 4096."""


def by_definition(stems):
    """Activation confidence as MedleyDB defines it, with no care for speed.

    The window is MATLAB's ``hanning(4096)``: the inner 4096 of 4098 points. Half a frame of zeros goes in front, and at
    the end as many as make a multiple of 4096; frames follow each other at 2048 as long as a whole one is left.
    """
    window = hann(4096 + 2)[1:-1]
    energy = []
    for stem in stems:
        samples = [0.0] * 2048 + list(stem)
        samples += [0.0] * (-len(samples) % 4096)
        starts = range(0, len(samples) - 4096 + 1, 2048)
        energy.append([np.mean(np.maximum(samples[s : s + 4096], 0) ** 0.5 * window) for s in starts])
    energy = np.array(energy)
    total = energy.sum(axis=0)
    share = np.where(total < 0.01, 0.0, len(stems) * energy / total.max())
    smooth = filtfilt(*butter(2, 0.075), share, axis=1)
    return 1 - 1 / (1 + np.exp(20 * (smooth - 0.15)))


@pytest.mark.parametrize("samples", [100_000, 49 * 2048, 50 * 2048, 50 * 2048 + 1])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_equal_to_the_definition(count, samples):
    rng = np.random.default_rng(count)
    stems = []
    for k in range(count):
        gain = np.repeat(rng.choice([0.0, 0.001, 0.05, 0.5], 12), 9000)[:samples]
        stems.append(gain * np.sin(2 * np.pi * 110 * (k + 1) * np.arange(len(gain)) / 44100))
    ours, theirs = confidence([energy_envelope(stem) for stem in stems]), by_definition(stems)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    assert (ours > 0.5).any() and (ours < 0.5).any()


@pytest.mark.parametrize(
    ("samples", "frames"), [(1, 1), (2048, 1), (2049, 3), (3 * 2048, 3), (3 * 2048 + 1, 5), (4 * 2048, 5)]
)
def test_frames_by_hand(samples, frames):
    """With 2048 zeros in front, 2048 samples fill one block of 4096 and 6144 fill two, which hold three frames."""
    assert len(energy_envelope(np.ones(samples))) == frames


def test_the_window_by_hand():
    """One sample of full scale, the first: it stands in the middle of the frame 0, as the 2049th of its 4096."""
    signal = np.zeros(6000)
    signal[0] = 1.0
    expected = [np.sin(np.pi * 2049 / 4097) ** 2 / 4096, np.sin(np.pi * 1 / 4097) ** 2 / 4096, 0.0]
    np.testing.assert_allclose(energy_envelope(signal), expected, rtol=1e-8)


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
    np.testing.assert_allclose(envelope, 0.5 * 0.6 * SUM_OF_WINDOW / 4096, rtol=1e-3)


def test_below_a_hundredth_nothing_is_active():
    """The mean of the Hann window is nearly one half, so the limit 0.01 lies at an amplitude of 0.0004."""
    assert active([energy_envelope(np.full(40 * 2048, 0.0005))])[0, 10:30].all()
    assert not active([energy_envelope(np.full(40 * 2048, 0.0003))]).any()
