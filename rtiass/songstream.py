"""A whole song through separators: any rate, any number of channels, aligned to the sample.

Channels are separated in pairs, each pair by a separator of its own. At another rate than the model's a
streaming resampler stands before and after it. Latencies are taken out: what leaves belongs to the sample
that entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import soxr
from numpy.typing import NDArray

from rtiass.audiowriter import GRID
from rtiass.stft import RATE

if TYPE_CHECKING:
    from rtiass.separator import StreamingSeparator

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """A stretch of a song with its stems.

    Attributes:
        mixture: Shape (n, channels) float32.
        stems: Shape (buses, n, channels) float32, sample by sample with the mixture.
    """

    mixture: Samples
    stems: Samples


@dataclass(frozen=True)
class Activity:
    """Which stems are heard when, one row for each network period.

    Attributes:
        stems: Stem names.
        times: Seconds from the start of the song, shape (rows,) float64: the middle of the sound that a row
            decides on.
        probabilities: What the network believes, shape (rows, stems) float32, 0..1.
        weights: Gate weights, shape (rows, stems) float32, 0..1; that of the last stem is always 1.
    """

    stems: tuple[str, ...]
    times: NDArray[np.float64]
    probabilities: Samples
    weights: Samples


class ActivityLog:
    """Collects the activity of a separator, or of several: then the most active one counts."""

    def __init__(self, stems: Sequence[str], window: int, period: int, late: int, later: int) -> None:
        """Make a log.

        Args:
            stems: Stem names.
            window: Synthesis length L in samples.
            period: Mask period in samples.
            late: Rows by which the model's probabilities lag.
            later: Rows by which the gate weights lag.
        """
        self.stems = tuple(stems)
        self._window = window
        self._period = period
        self._late = late
        self._later = later
        self._probabilities: list[Samples] = []
        self._weights: list[Samples] = []

    def add(self, row: int, probabilities: Samples, weights: Samples) -> None:
        """Note a row, counted from 0; a row that is there already keeps its larger values."""
        if row < len(self._weights):
            np.maximum(self._probabilities[row], probabilities, out=self._probabilities[row])
            np.maximum(self._weights[row], weights, out=self._weights[row])
        else:
            self._probabilities.append(probabilities.copy())
            self._weights.append(weights.copy())

    def result(self, seconds: float) -> Activity:
        """Rows within a song of this many seconds."""
        rows = max(0, len(self._weights) - max(self._late, self._later))
        times = ((np.arange(rows) + 1.0) * self._period - self._window / 2) / RATE
        rows = int(np.searchsorted(times, seconds))
        shape = (rows, len(self.stems))

        def cut(values: list[Samples], skip: int) -> Samples:
            return np.array(values[skip : skip + rows], np.float32).reshape(shape)

        return Activity(
            self.stems,
            np.maximum(times[:rows], 0.0),
            cut(self._probabilities, self._late),
            cut(self._weights, self._later),
        )


class _Queue:
    """Samples that wait, cut along the first axis."""

    def __init__(self, *shape: int) -> None:
        self._empty = np.zeros((0, *shape), np.float32)
        self._parts: list[Samples] = []
        self.count = 0

    def put(self, block: Samples) -> None:
        if len(block):
            self._parts.append(block)
            self.count += len(block)

    def take(self, count: int) -> Samples:
        """First ``count`` samples, or all if there are fewer."""
        joined = np.concatenate(self._parts) if self._parts else self._empty
        self._parts = [joined[count:]] if len(joined) > count else []
        self.count -= min(count, len(joined))
        return joined[:count]


class _PairStream:
    """One or two channels through one separator."""

    def __init__(self, separator: StreamingSeparator, rate: int, log: ActivityLog | None) -> None:
        self._separator = separator
        separator.reset()
        buses, channels = len(separator.bus_names), separator.channels
        self._shape = (buses, channels)
        self._block = separator.mode.period
        self._log = log
        self._row = 0
        self._waiting = _Queue(channels)
        self._skip = separator.latency_samples
        self._in: soxr.ResampleStream | None = None
        self._out: soxr.ResampleStream | None = None
        if rate != RATE:
            self._in = soxr.ResampleStream(rate, RATE, channels, "float32", "VHQ")
            self._out = soxr.ResampleStream(RATE, rate, buses * channels, "float32", "VHQ")
        self.ready = _Queue(buses, channels)

    def push(self, block: Samples) -> None:
        if self._in is not None:
            block = self._in.resample_chunk(np.ascontiguousarray(block))
        self._feed(block)

    def finish(self, total: int) -> None:
        """End of the song: flush, and leave exactly ``total`` samples in ``ready``."""
        channels = self._shape[1]
        if self._in is not None:
            self._feed(self._in.resample_chunk(np.zeros((0, channels), np.float32), last=True))
        # Silence for the latency, and on to the end of a period: the last rows of the activity come with it.
        rest = self._separator.latency_samples
        rest += -(self._waiting.count + rest) % self._block
        extra = rest - self._separator.latency_samples
        self._feed(np.zeros((rest, channels), np.float32), drop=extra)
        if self._out is not None:
            self._emit(np.zeros((0, *self._shape), np.float32), last=True)
        # The resampler may round the length by a sample.
        missing = total - self.ready.count
        if missing > 0:
            self.ready.put(np.zeros((missing, *self._shape), np.float32))
        elif missing < 0:
            self.ready.put(self.ready.take(total))

    def _feed(self, block: Samples, drop: int = 0) -> None:
        self._waiting.put(block)
        while self._waiting.count >= self._block:
            part = self._waiting.take(self._block)
            out = np.empty((self._shape[0], len(part), self._shape[1]), np.float32)
            self._separator.process_into(part, out)
            if self._log is not None:
                self._log.add(self._row, self._separator.activity, self._separator.gates)
            self._row += 1
            cut = min(self._skip, len(part))
            self._skip -= cut
            end = len(part) if self._waiting.count >= self._block else len(part) - drop
            if cut < end:
                self._emit(out.transpose(1, 0, 2)[cut:end])

    def _emit(self, samples: Samples, *, last: bool = False) -> None:
        if self._out is not None:
            flat = np.ascontiguousarray(samples).reshape(len(samples), self._shape[0] * self._shape[1])
            samples = self._out.resample_chunk(flat, last=last).reshape(-1, *self._shape)
        self.ready.put(samples)


def pairs(channels: int) -> list[int]:
    """Channels in pairs, the last odd one alone: ``pairs(5)`` is [2, 2, 1]."""
    return [2] * (channels // 2) + [1] * (channels % 2)


def stream(
    blocks: Iterable[Samples],
    rate: int,
    separators: Sequence[StreamingSeparator],
    log: ActivityLog | None = None,
) -> Iterator[Piece]:
    """Separate a song piece by piece.

    Args:
        blocks: The song, each block of shape (n, channels) float32.
        rate: Its sample rate.
        separators: One for each pair of channels, as ``pairs`` counts them; they are reset first.
        log: Where to note the activity, or None.

    Yields:
        Pieces that put together are exactly as long as the song.
    """
    lines = [_PairStream(s, rate, log) for s in separators]
    edges = np.cumsum([0] + [s.channels for s in separators])
    mixture = _Queue(int(edges[-1]))

    def ready(count: int) -> Piece:
        parts = [line.ready.take(count) for line in lines]
        stems = np.concatenate(parts, axis=2).transpose(1, 0, 2)
        return Piece(mixture.take(count), stems)

    for block in blocks:
        mixture.put(block)
        for line, start, end in zip(lines, edges, edges[1:], strict=False):
            line.push(block[:, start:end])
        count = min(mixture.count, *(line.ready.count for line in lines))
        if count:
            yield ready(count)
    for line in lines:
        line.finish(mixture.count)
    if mixture.count:
        yield ready(mixture.count)


def make_log(separator: StreamingSeparator, lookahead: int) -> ActivityLog:
    """Log that knows a separator's delays.

    Args:
        separator: Any of the song's separators.
        lookahead: That of the model's activities, in frames.
    """
    mode = separator.mode
    later = (separator.latency_samples - mode.window) // mode.period
    return ActivityLog(separator.stems, mode.window, mode.period, lookahead, later)


def with_rest(mixture: Samples, stems: Mapping[str, Samples], rest: str) -> dict[str, Samples]:
    """Stems whose sum is the mixture: the stem ``rest`` is what the others leave.

    The others are put on the grid of 24-bit samples (an error of -149 dB), so that for 16- and 24-bit files
    the sum is equal bit by bit; for float mixtures it is equal within their rounding.

    Args:
        mixture: Shape (n, channels).
        stems: All stems but ``rest``, each of shape (n, channels).
        rest: Name of the stem to add.
    """
    result: dict[str, Samples] = {}
    left = mixture.astype(np.float64)
    for name, samples in stems.items():
        result[name] = (np.rint(samples.astype(np.float64) * GRID) / GRID).astype(np.float32)
        left -= result[name]
    result[rest] = left.astype(np.float32)
    return result
