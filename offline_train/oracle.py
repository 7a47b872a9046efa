"""What perfect knowledge of the stems would give with the same windows: the ceiling of a mode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtiass.stft import FRAME, Mode, window_pair


def ideal_ratio(stems: NDArray[np.float32], mode: Mode) -> NDArray[np.float32]:
    """Stems separated by ideal ratio masks, one mask for both channels as the network has.

    The mask of a stem is its magnitude over the sum of all stems' magnitudes (channels averaged), from the frame
    that ends at the newest sample; masks change every hop of the mode.

    Args:
        stems: Shape (stems, 2, samples).
        mode: Windows and hop.

    Returns:
        The same shape, aligned with the input.
    """
    analysis, synthesis = window_pair(mode.window, mode.hop)
    length = stems.shape[-1]
    hops = -(-(length + mode.window) // mode.hop)
    padded = np.zeros((*stems.shape[:2], FRAME + hops * mode.hop), dtype=np.float32)
    padded[..., FRAME : FRAME + length] = stems
    out = np.zeros_like(padded)
    for hop in range(hops):
        start = (hop + 1) * mode.hop
        spectra = np.fft.rfft(padded[..., start : start + FRAME] * analysis)
        magnitude = np.abs(spectra).mean(axis=1)
        mask = magnitude / np.maximum(magnitude.sum(axis=0), 1e-9)
        frame = np.fft.irfft(mask[:, None] * spectra.sum(axis=0), FRAME)[..., -mode.window :]
        out[..., start + FRAME - mode.window : start + FRAME] += frame * synthesis
    return out[..., FRAME : FRAME + length]
