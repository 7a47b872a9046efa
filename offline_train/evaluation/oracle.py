"""What perfect knowledge of the sources would give with the same windows: the ceiling of a mode."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from rtiass.stft import FRAME, Mode

BATCH = 32
"""Frames that are transformed together."""

RATIO, BINARY = "irm", "ibm"
KINDS = (RATIO, BINARY)


def ideal(sources: NDArray[np.float32], mode: Mode) -> dict[str, NDArray[np.float32]]:
    """Sources separated by ideal masks, one mask for both channels as the network has.

    With the magnitude of a source averaged over the channels, from the frame that ends at the newest sample: the mask
    of ``irm`` is the source's magnitude over the sum of all sources' magnitudes; that of ``ibm`` is 1 for the source of
    the largest magnitude and 0 for all others. Either way the masks of a bin sum to one. Masks change every hop of the
    mode, and windows are the mode's pair.

    Args:
        sources: Shape (sources, 2, samples).
        mode: Windows and hop.

    Returns:
        For each of KINDS the same shape, aligned with the input.
    """
    analysis, synthesis = mode.windows()
    length = sources.shape[-1]
    hops = -(-(length + mode.window) // mode.hop)
    padded = np.zeros((*sources.shape[:2], FRAME + hops * mode.hop), dtype=np.float32)
    padded[..., FRAME : FRAME + length] = sources
    out = {kind: np.zeros_like(padded) for kind in KINDS}
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=-1)[:, :, mode.hop :: mode.hop]
    for first in range(0, hops, BATCH):
        batch = frames[:, :, first : first + BATCH]
        spectra = scipy.fft.rfft(batch * analysis)
        magnitude = np.abs(spectra).mean(axis=1)
        mixture = spectra.sum(axis=0)
        masks = {
            RATIO: magnitude / np.maximum(magnitude.sum(axis=0), 1e-9),
            BINARY: (magnitude.argmax(axis=0) == np.arange(len(sources))[:, None, None]).astype(np.float32),
        }
        for kind, mask in masks.items():
            tails = scipy.fft.irfft(mask[:, None] * mixture, FRAME)[..., -mode.window :] * synthesis
            for index in range(batch.shape[2]):
                end = (first + index + 1) * mode.hop + FRAME
                out[kind][..., end - mode.window : end] += tails[:, :, index]
    return {kind: values[..., FRAME : FRAME + length] for kind, values in out.items()}
