"""Spectra of a signal's windows, and the correlations of whole signals from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from offline_train.evaluation.projection import TAPS

TOGETHER = 32
"""Windows whose spectra are held at a time: 160 MB for 14 channels and windows of a second."""

BATCH = 8
"""Windows that are transformed at a time."""

BINS = 256
"""Bins that are worked on at a time: what they need fits a processor's cache."""

Spectra = NDArray[np.complex128]


class Windowed:
    """Spectra of successive windows, each filled with zeros up to a length at which filters do not wrap around.

    Spectra of all windows are kept where there are no more than TOGETHER, else computed whenever they are asked for.

    Args:
        audio: Shape (channels, samples).
        window: Samples; at least TAPS - 1, unless the signal is one window.
    """

    def __init__(self, audio: NDArray[np.floating], window: int) -> None:
        self.audio = audio
        self.window = window
        self.size: int = scipy.fft.next_fast_len(window + TAPS - 1, real=True)
        self.starts = range(0, audio.shape[1], window)
        self._kept: Spectra | None = None

    def parts(self) -> Iterator[Spectra]:
        """Spectra of TOGETHER windows at a time, shape (bins, windows, channels).

        The last window may be incomplete.
        """
        if self._kept is not None:
            yield self._kept
            return
        for first in range(0, len(self.starts), TOGETHER):
            starts = self.starts[first : first + TOGETHER]
            found = np.empty((self.size // 2 + 1, len(starts), len(self.audio)), dtype=np.complex128)
            for place in range(0, len(starts), BATCH):
                batch = starts[place : place + BATCH]
                cuts = np.zeros((len(batch), len(self.audio), self.window))
                for cut, start in zip(cuts, batch, strict=True):
                    whole = self.audio[:, start : start + self.window]
                    cut[:, : whole.shape[1]] = whole
                _put(found[:, place : place + BATCH], scipy.fft.rfft(cuts, self.size))
            if len(self.starts) <= TOGETHER:
                self._kept = found
            yield found

    def edges(self) -> tuple[Spectra, Spectra]:
        """Spectra of the samples before and after each border between windows.

        Returns:
            Of the last TAPS - 1 samples of a window, and of the first TAPS - 1 of the next, put after them in time;
            both of shape (TAPS + 1, borders, channels).
        """
        reach = TAPS - 1
        before = np.zeros((len(self.audio), len(self.starts) - 1, 2 * TAPS))
        after = np.zeros_like(before)
        for place, start in enumerate(self.starts[1:]):
            before[:, place, :reach] = self.audio[:, start - reach : start]
            late = self.audio[:, start : start + reach]
            after[:, place, reach : reach + late.shape[1]] = late
        return scipy.fft.rfft(before).transpose(2, 1, 0), scipy.fft.rfft(after).transpose(2, 1, 0)


def correlate(first: Windowed, second: Windowed) -> NDArray[np.float64]:
    """Correlations of whole signals, with the first ones delayed.

    What falls within a window comes from the windows' spectra, what reaches over a border from the samples around it.

    Args:
        first: Signals, a channels.
        second: Signals of the same length and window, b channels.

    Returns:
        Shape (b, a, TAPS): element (j, i, k) is sum_n second[j, n] first[i, n - k].
    """
    shape = (len(second.audio), len(first.audio), first.size // 2 + 1)
    within = np.zeros(shape, dtype=np.complex128)
    for a, b in zip(first.parts(), second.parts(), strict=True):
        within += _cross(a, b)
    lags = np.stack([scipy.fft.irfft(row, first.size)[:, :TAPS] for row in within])
    if len(first.starts) > 1:
        lags += scipy.fft.irfft(_cross(first.edges()[0], second.edges()[1]), 2 * TAPS)[..., :TAPS]
    return lags


def filter_spectra(filters: NDArray[np.float64], size: int) -> Spectra:
    """Spectra of shape (bins, b, a) of filters of shape (a, b, TAPS), for signals of ``size`` samples."""
    out = np.empty((size // 2 + 1, filters.shape[1], filters.shape[0]), dtype=np.complex128)
    for place in range(0, filters.shape[1], BATCH):
        _put(out[:, place : place + BATCH], scipy.fft.rfft(filters[:, place : place + BATCH].transpose(1, 0, 2), size))
    return out


def _put(out: Spectra, spectra: Spectra) -> None:
    for first in range(0, len(out), BINS):
        out[first : first + BINS] = spectra[..., first : first + BINS].transpose(2, 0, 1)


def _cross(a: Spectra, b: Spectra) -> Spectra:
    """Cross spectra summed over windows, shape (channels of b, channels of a, bins)."""
    out = np.empty((b.shape[2], a.shape[2], len(a)), dtype=np.complex128)
    for first in range(0, len(a), BINS):
        bins = slice(first, first + BINS)
        out[..., bins] = (b[bins].transpose(0, 2, 1) @ a[bins].conj()).transpose(1, 2, 0)
    return out
