"""The window pairs reconstruct, and the synthesis window decides the latency."""

import numpy as np
import pytest

from rtiass.stft import FRAME, MODES, magnitude_scale, window_pair


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda m: m.name)
def test_products_overlap_add_to_one(mode):
    analysis, synthesis = window_pair(mode.window, mode.hop)
    assert analysis.shape == (FRAME,) and synthesis.shape == (mode.window,)
    product = analysis[-mode.window :].astype(float) * synthesis
    total = product.reshape(-1, mode.hop).sum(axis=0)
    assert np.abs(total - 1).max() < 1e-6


def test_classic_pair_is_a_square_root_hann_window():
    analysis, synthesis = window_pair(4096, 1024)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(4096) / 4096)
    np.testing.assert_allclose(analysis, np.sqrt(hann), atol=1e-6)
    np.testing.assert_allclose(synthesis, np.sqrt(hann) / 2, atol=1e-6)


@pytest.mark.parametrize(("window", "hop"), [(255, 128), (256, 100), (8192, 1024), (256, 0)])
def test_lengths_that_cannot_reconstruct_are_refused(window, hop):
    with pytest.raises(ValueError, match="reconstruction"):
        window_pair(window, hop)


def test_magnitude_of_white_noise_does_not_depend_on_the_window():
    noise = np.random.default_rng(1).standard_normal((400, FRAME))
    for mode in MODES.values():
        analysis, _ = window_pair(mode.window, mode.hop)
        power = np.mean(np.abs(np.fft.rfft(noise * analysis)) ** 2) * magnitude_scale(analysis) ** 2
        assert power == pytest.approx(1.0, rel=0.02)
