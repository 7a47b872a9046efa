"""Ideal masks: sources that do not overlap come apart, and the parts add up."""

import numpy as np
import pytest

from offline_train.evaluation.oracle import ideal
from offline_train.evaluation.score import sdr
from rtiass.stft import FRAME, MODES, window_pair


def tones(*frequencies):
    t = np.arange(44100) / 44100
    return np.stack([np.stack([0.3 * np.sin(2 * np.pi * f * t)] * 2) for f in frequencies]).astype(np.float32)


@pytest.mark.parametrize("name", ["live", "tight"])
@pytest.mark.parametrize("kind", ["irm", "ibm"])
def test_distant_tones_come_apart(name, kind):
    sources = tones(220.0, 5000.0)
    found = ideal(sources, MODES[name])[kind]
    assert found.shape == sources.shape
    np.testing.assert_allclose(found.sum(axis=0), sources.sum(axis=0), atol=1e-5)
    for target, estimate in zip(sources, found, strict=True):
        assert sdr(target[:, 4096:-4096], estimate[:, 4096:-4096]) > 25


def test_a_shared_bin_is_shared_by_magnitude_or_goes_to_the_louder():
    sources = np.stack([0.75 * tones(1000.0)[0], 0.25 * tones(1000.0)[0]])
    found = ideal(sources, MODES["live"])
    np.testing.assert_allclose(found["irm"], sources, atol=1e-4)
    np.testing.assert_allclose(found["ibm"][0], sources.sum(axis=0), atol=1e-5)
    np.testing.assert_allclose(found["ibm"][1], 0.0, atol=1e-5)


def test_frames_end_at_the_newest_sample_as_the_separators_do():
    mode = MODES["tight"]
    rng = np.random.default_rng(0)
    sources = 0.1 * rng.standard_normal((2, 2, 3 * FRAME)).astype(np.float32)
    analysis, synthesis = window_pair(mode.window, mode.hop)
    expected = np.zeros(sources.shape[1:], np.float64)
    padded = np.pad(sources, ((0, 0), (0, 0), (FRAME, FRAME)))
    for end in range(FRAME + mode.hop, padded.shape[-1] + 1, mode.hop):
        spectra = np.fft.rfft(padded[..., end - FRAME : end] * analysis)
        size = np.abs(spectra).mean(axis=1)
        frame = np.fft.irfft(size[0] / size.sum(axis=0).clip(1e-9) * spectra.sum(axis=0))[:, -mode.window :] * synthesis
        for offset, value in enumerate(frame.T):
            place = end - mode.window + offset - FRAME
            if 0 <= place < expected.shape[1]:
                expected[:, place] += value
    np.testing.assert_allclose(ideal(sources, mode)["irm"][0], expected, atol=1e-5)
