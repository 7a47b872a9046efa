"""Spectrograms with a logarithmic frequency axis, collected while the sound streams by, at constant memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BANDS = 160
LOWEST = 40.0
HIGHEST = 16_000.0
COLUMNS = 1024
"""A picture has at most twice as many columns; then neighbours are merged."""


@dataclass(frozen=True)
class Spectrogram:
    """Power over time and frequency.

    Attributes:
        power: Mean power of a full-scale-1 signal's frames, shape (bands, columns) float32, lowest band
            first.
        frequencies: Centre of each band in hertz, shape (bands,) float64, rising by equal factors.
        column_seconds: Time between columns.
    """

    power: NDArray[np.float32]
    frequencies: NDArray[np.float64]
    column_seconds: float


def band_weights(rate: int, frame: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Triangular bands of equal width on the logarithmic frequency axis, at least one bin wide.

    Args:
        rate: Samples per second.
        frame: Length of the transform.

    Returns:
        Weights that sum to 1 in each band, shape (bands, frame // 2 + 1) float32, and the centres in hertz,
        (bands,).
    """
    highest = min(HIGHEST, 0.48 * rate)
    centres = np.geomspace(min(LOWEST, highest / 8), highest, BANDS)
    bins = np.arange(frame // 2 + 1) * rate / frame
    width = np.maximum(centres * (centres[1] / centres[0] - 1.0), rate / frame)
    weights = np.maximum(0.0, 1.0 - np.abs(bins[None, :] - centres[:, None]) / width[:, None])
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32), centres


class SpectrogramMeter:
    """Builds a spectrogram from blocks of any length."""

    def __init__(self, rate: int) -> None:
        """Make a meter.

        Args:
            rate: Samples per second.
        """
        # The power of two that is nearest to 93 ms: 4096 at 44.1 kHz.
        self._frame = 1 << max(6, round(math.log2(0.093 * rate)))
        self._hop = self._frame // 2
        self._rate = rate
        self._window = np.hanning(self._frame + 1)[:-1].astype(np.float32)[:, None]
        self._weights, self._centres = band_weights(rate, self._frame)
        self._scale = 1.0 / float((self._window**2).sum() * self._frame)
        self._rest: NDArray[np.float32] | None = None
        self._columns: list[NDArray[np.float32]] = []
        self._merged = 1
        self._sum = np.zeros(BANDS, np.float32)
        self._in_sum = 0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples, shape (n, channels) float32."""
        if self._rest is None:
            # The first column is centred on the first sample.
            self._rest = np.zeros((self._hop, samples.shape[1]), np.float32)
        sound = np.concatenate([self._rest, samples])
        start = 0
        while start + self._frame <= len(sound):
            self._add_frame(sound[start : start + self._frame])
            start += self._hop
        self._rest = sound[start:]

    def _add_frame(self, frame: NDArray[np.float32]) -> None:
        spectrum = np.fft.rfft(frame * self._window, axis=0)
        power = np.mean(spectrum.real**2 + spectrum.imag**2, axis=1, dtype=np.float32)
        self._sum += self._weights @ power
        self._in_sum += 1
        if self._in_sum == self._merged:
            self._columns.append(self._sum * np.float32(self._scale / self._merged))
            self._sum = np.zeros(BANDS, np.float32)
            self._in_sum = 0
        if len(self._columns) == 2 * COLUMNS:
            halves = zip(self._columns[::2], self._columns[1::2], strict=True)
            self._columns = [(a + b) * np.float32(0.5) for a, b in halves]
            self._merged *= 2

    def result(self) -> Spectrogram:
        """Spectrogram of all that was added; the meter is used up."""
        if self._rest is not None and len(self._rest) > self._hop:
            self.add(np.zeros((self._hop, self._rest.shape[1]), np.float32))
        columns = list(self._columns)
        if self._in_sum or not columns:
            columns.append(self._sum * np.float32(self._scale / max(1, self._in_sum)))
        return Spectrogram(np.array(columns).T, self._centres, self._merged * self._hop / self._rate)


class SpectrogramSet:
    """Spectrograms of several sounds of one rate, by name."""

    def __init__(self, rate: int) -> None:
        """Make an empty set.

        Args:
            rate: Samples per second.
        """
        self._rate = rate
        self._meters: dict[str, SpectrogramMeter] = {}

    def add(self, name: str, samples: NDArray[np.float32]) -> None:
        """Take the next samples of a sound, shape (n, channels) float32."""
        if name not in self._meters:
            self._meters[name] = SpectrogramMeter(self._rate)
        self._meters[name].add(samples)

    def results(self) -> dict[str, Spectrogram]:
        """All spectrograms, in the order in which their first samples came."""
        return {name: meter.result() for name, meter in self._meters.items()}
