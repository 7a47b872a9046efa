"""Analysis frames in torch, equal to those of the runtime.

A frame ends at the newest sample: frame t of a chunk covers samples ``t * period`` to ``t * period + FRAME``
of it, windowed by the analysis window of :func:`rtiass.stft.window_pair`. Training so sees what the network
will be fed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from rtiass.stft import FRAME, magnitude_scale, window_pair


def chunk_samples(frames: int, period: int) -> int:
    """Samples that give ``frames`` whole frames at one frame per ``period`` samples."""
    return FRAME + (frames - 1) * period


@lru_cache(maxsize=16)
def scaled_window(window: int, analysis: str = "pair") -> torch.Tensor:
    """Analysis window times its magnitude scale.

    Args:
        window: Synthesis length L in samples; it alone decides the shape of the runtime's analysis window.
        analysis: "pair" is that window, "hann" the periodic Hann window.

    Returns:
        Shape (FRAME,) float32. Folding the scale in saves a pass over the spectra.
    """
    if analysis == "hann":
        shape = np.hanning(FRAME + 1)[:-1].astype(np.float32)
    else:
        shape, _ = window_pair(window, window // 2)
    return torch.from_numpy(shape * np.float32(magnitude_scale(shape)))


def spectra(audio: torch.Tensor, window: int, period: int, analysis: str = "pair") -> torch.Tensor:
    """Scaled complex spectra of all whole frames.

    Args:
        audio: Shape (..., samples) float32, full scale 1.
        window: Synthesis length L in samples.
        period: Samples from frame to frame.
        analysis: See :func:`scaled_window`.

    Returns:
        Shape (..., frames, FRAME // 2 + 1) complex64, frames = (samples - FRAME) // period + 1.

    Raises:
        ValueError: The audio is shorter than a frame.
    """
    if audio.shape[-1] < FRAME:
        raise ValueError(f"{audio.shape[-1]} samples are less than one frame of {FRAME}")
    return torch.fft.rfft(audio.unfold(-1, FRAME, period) * scaled_window(window, analysis))


def magnitudes(audio: torch.Tensor, window: int, period: int) -> torch.Tensor:
    """Magnitudes of :func:`spectra`: the network's input, shape (..., frames, FRAME // 2 + 1) float32."""
    return spectra(audio, window, period).abs()
