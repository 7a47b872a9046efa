"""What perfect knowledge of the sources would give with the same windows: the ceiling of a mode."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from rtiass.stft import FRAME, Mode

BATCH = 32
"""Frames that are transformed together."""

RATIO, BINARY = "irm", "ibm"
KINDS = (RATIO, BINARY)


def ideal(
    sources: NDArray[np.float32], mode: Mode, kinds: Sequence[str] = KINDS, delay: int = 0
) -> dict[str, NDArray[np.float32]]:
    """Sources separated by ideal masks, one mask for both channels as the network has.

    With the magnitude of a source averaged over the channels, from the frame that ends at the newest sample: the mask
    of ``irm`` is the source's magnitude over the sum of all sources' magnitudes; that of ``ibm`` is 1 for the source of
    the largest magnitude and 0 for all others. Either way the masks of a bin sum to one. Masks are held for the mode's
    period, and windows are the mode's pair.

    Args:
        sources: Shape (sources, 2, samples).
        mode: Windows, hop and mask period.
        kinds: One or both of KINDS.
        delay: Hops by which masks are applied late; nothing is heard before the first.

    Returns:
        For each of ``kinds`` the same shape, aligned with the input.
    """
    analysis, synthesis = mode.windows()
    length = sources.shape[-1]
    hops = -(-(length + mode.window) // mode.hop)
    padded = np.zeros((*sources.shape[:2], FRAME + hops * mode.hop), dtype=np.float32)
    padded[..., FRAME : FRAME + length] = sources
    out = {kind: np.zeros_like(padded) for kind in kinds}
    every = mode.period // mode.hop
    # Masks that later hops still use: nothing at first.
    reach = every - 1 + delay
    before = {kind: np.zeros((len(sources), reach, FRAME // 2 + 1), dtype=np.float32) for kind in kinds}
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=-1)[:, :, mode.hop :: mode.hop]
    for first in range(0, hops, BATCH):
        batch = frames[:, :, first : first + BATCH]
        spectra = scipy.fft.rfft(batch * analysis)
        magnitude = np.abs(spectra).mean(axis=1)
        mixture = spectra.sum(axis=0)
        # Hops count from 1: the network runs at every multiple of ``every``, and hop h uses the masks of ``used``.
        used = (first + 1 + np.arange(batch.shape[2]) - delay) // every * every
        for kind in kinds:
            masks = np.concatenate([before[kind], _masks(magnitude, kind)], axis=1)
            before[kind] = masks[:, masks.shape[1] - reach :]
            held = masks[:, used - first - 1 + reach]
            tails = scipy.fft.irfft(held[:, None] * mixture, FRAME)[..., -mode.window :] * synthesis
            for index in range(batch.shape[2]):
                end = (first + index + 1) * mode.hop + FRAME
                out[kind][..., end - mode.window : end] += tails[:, :, index]
    return {kind: values[..., FRAME : FRAME + length] for kind, values in out.items()}


def _masks(magnitude: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
    """Masks of frames, the same shape (sources, frames, bins) as their magnitudes."""
    if kind == RATIO:
        ratio: NDArray[np.float32] = magnitude / np.maximum(magnitude.sum(axis=0), 1e-9)
        return ratio
    return (magnitude.argmax(axis=0) == np.arange(len(magnitude))[:, None, None]).astype(np.float32)
