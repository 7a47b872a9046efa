"""Training sees the frames that the runtime computes."""

import numpy as np
import pytest
import torch

from offline_train.spectra import chunk_samples, magnitudes, spectra
from rtiass.stft import FRAME, MODES, magnitude_scale, window_pair


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_magnitudes_are_those_of_the_runtime(mode):
    rng = np.random.default_rng(0)
    audio = rng.standard_normal((2, chunk_samples(4, mode.period))).astype(np.float32)
    found = magnitudes(torch.from_numpy(audio), mode.window, mode.period).numpy()
    analysis, _ = window_pair(mode.window, mode.hop)
    assert found.shape == (2, 4, FRAME // 2 + 1)
    for frame in range(4):
        piece = audio[:, frame * mode.period : frame * mode.period + FRAME]
        wanted = np.abs(np.fft.rfft(analysis * piece)) * magnitude_scale(analysis)
        np.testing.assert_allclose(found[:, frame], wanted, atol=2e-5)


def test_too_little_audio_is_refused():
    with pytest.raises(ValueError, match="less than one frame"):
        spectra(torch.zeros(FRAME - 1), 2048, 1024)
