"""A streaming resampler of short and exactly known delay, for devices at another rate than the model's.

A windowed-sinc filter (Kaiser window) evaluated at the output's instants: output k belongs to input time k * in / out,
exactly, and is there as soon as ``half`` more input samples are. A block resampler for files holds back about 20 ms
each way at 48 kHz; this one holds back 64 samples. The price is a passband that ends at 20.1 kHz for 48 kHz devices.
"""

from __future__ import annotations

from math import ceil, gcd
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rtiass.errors import UserError

HALF = 64
"""Half-length of the filter in samples of the lower of the two rates."""

BETA = 8.0
"""Kaiser window: 80 dB of stop-band attenuation."""

MAX_PHASES = 4096


def half_length(rate_in: int, rate_out: int) -> int:
    """Input samples that an output sample waits for."""
    return ceil(HALF * max(1.0, rate_in / rate_out))


def round_trip(device_rate: int, rate: int) -> int:
    """Device samples that the two resamplers hold back together, from a device's rate to another and back."""
    if device_rate == rate:
        return 0
    return half_length(device_rate, rate) + ceil((half_length(rate, device_rate) + 1) * device_rate / rate) + 1


class Resampler:
    """Resamples stereo blocks of any size; the result doesn't depend on how the samples are cut into blocks.

    Attributes:
        half: Input samples that an output sample waits for.
        phases: Output samples in a period of the ratio.
        step: Input samples in a period of the ratio.
    """

    def __init__(self, rate_in: int, rate_out: int, max_block: int) -> None:
        """Make a resampler.

        Args:
            rate_in: Rate of the samples that come, in hertz.
            rate_out: Rate of the samples wanted, in hertz.
            max_block: Largest block that will be pushed, in samples.

        Raises:
            UserError: The ratio of the rates is not that of two small whole numbers.
        """
        divisor = gcd(rate_in, rate_out)
        self.phases, self.step = rate_out // divisor, rate_in // divisor
        if self.phases > MAX_PHASES:
            raise UserError(
                f"A device rate of {rate_in if rate_in != 44100 else rate_out} Hz can't be converted while playing. "
                "Set the device to 44100 or 48000 Hz, or name one with --rate."
            )
        cut = min(1.0, rate_out / rate_in)
        self.half = half_length(rate_in, rate_out)
        taps = np.arange(2 * self.half) - self.half + 1
        distance = taps[None, :] - (np.arange(self.phases) / self.phases)[:, None]
        # The pass-band edge is drawn in so that the whole transition lies below the lower Nyquist frequency.
        edge = cut * (1.0 - 5.0 / HALF / 2)
        window = np.i0(BETA * np.sqrt(np.clip(1.0 - (distance / self.half) ** 2, 0.0, 1.0))) / np.i0(BETA)
        table = edge * np.sinc(edge * distance) * window
        self._table = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
        self._history = np.zeros((2 * self.half + max_block, 2), np.float32)
        self._limit = max_block
        self._taken = 0
        self._given = 0
        self._last = 0

    def clear(self) -> None:
        """Forget all samples."""
        self._history.fill(0.0)
        self._taken = self._given = self._last = 0

    def count(self, block: int) -> int:
        """Number of output samples that a block of this many input samples will give."""
        return self._ready(self._taken + block) - self._given

    def most(self, block: int) -> int:
        """The most output samples that any block of at most this many input samples gives."""
        return (block * self.phases) // self.step + 2

    def _ready(self, taken: int) -> int:
        # Output k needs input floor(k step / phases) + half, the last one there being taken - 1.
        whole = taken - self.half
        return max(0, -(-whole * self.phases // self.step))

    def process(self, block: NDArray[np.float32], out: NDArray[np.float32]) -> int:
        """Push a block.

        Args:
            block: Shape (n, 2) float32, n at most ``max_block``.
            out: Shape (at least ``count(n)``, 2) float32; its start is overwritten.

        Returns:
            Number of samples written.
        """
        size, history = len(block), self._history
        keep = 2 * self.half
        history[:keep] = history[self._last : self._last + keep] if self._taken else 0.0
        history[keep : keep + size] = block
        # history[i] is input sample first + i
        first = self._taken - keep
        self._taken += size
        self._last = size
        count = self._ready(self._taken) - self._given
        _filter(history, first, self._table, self._given, self.step, self.half, out[:count])
        self._given += count
        return count


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _filter(history: Any, first: int, table: Any, given: int, step: int, half: int, out: Any) -> None:
    phases = table.shape[0]
    for i in range(out.shape[0]):
        at = (given + i) * step
        start = at // phases - half + 1 - first
        row = table[at % phases]
        left = np.float32(0.0)
        right = np.float32(0.0)
        for j in range(row.shape[0]):
            left += row[j] * history[start + j, 0]
            right += row[j] * history[start + j, 1]
        out[i, 0] = left
        out[i, 1] = right
