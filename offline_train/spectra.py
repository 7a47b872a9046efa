"""Analysis frames in torch, equal to those of the runtime.

A frame ends at the newest sample: frame t of a chunk covers samples ``t * period`` to ``t * period + FRAME``
of it, windowed by the analysis window of :func:`rtiass.stft.window_pair`. Training so sees what the network
will be fed.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from rtiass.stft import FRAME, hann_pair, magnitude_scale, window_pair


def chunk_samples(frames: int, period: int) -> int:
    """Samples that give ``frames`` whole frames at one frame per ``period`` samples."""
    return FRAME + (frames - 1) * period


@lru_cache(maxsize=16)
def scaled_window(window: int, hann: bool = False) -> torch.Tensor:
    """Analysis window times its magnitude scale.

    Args:
        window: Synthesis length L in samples; it alone decides the shape of the analysis window.
        hann: Take the paper's Hann window instead.

    Returns:
        Shape (FRAME,) float32. Folding the scale in saves a pass over the spectra.
    """
    analysis, _ = hann_pair(FRAME // 4) if hann else window_pair(window, window // 2)
    return torch.from_numpy(analysis * magnitude_scale(analysis))


def spectra(audio: torch.Tensor, window: int, period: int, hann: bool = False) -> torch.Tensor:
    """Scaled complex spectra of all whole frames.

    Args:
        audio: Shape (..., samples) float32, full scale 1.
        window: Synthesis length L in samples.
        period: Samples from frame to frame.
        hann: Take the paper's Hann window instead of that of ``window``.

    Returns:
        Shape (..., frames, FRAME // 2 + 1) complex64, frames = (samples - FRAME) // period + 1.

    Raises:
        ValueError: The audio is shorter than a frame.
    """
    if audio.shape[-1] < FRAME:
        raise ValueError(f"{audio.shape[-1]} samples are less than one frame of {FRAME}")
    return torch.fft.rfft(audio.unfold(-1, FRAME, period) * scaled_window(window, hann))


def magnitudes(audio: torch.Tensor, window: int, period: int, hann: bool = False) -> torch.Tensor:
    """Magnitudes of :func:`spectra`: the network's input, shape (..., frames, FRAME // 2 + 1) float32."""
    return spectra(audio, window, period, hann).abs()
