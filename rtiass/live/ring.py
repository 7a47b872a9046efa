"""One block of memory shared by the device callback and the audio thread: counters and three rings.

All positions are absolute sample numbers counted from the start of the stream, the same for input and output. What is
heard at position p is read at position p, or not at all: a late writer can never shift the sound in time.

- The input ring is written by the callback only. It is also the history from which the callback plays the delayed dry
  input when the output is late.
- The output ring is written by the audio thread only, and published by moving ``WRITTEN``.
- The source ring is written by the thread that decodes a song; the callback reads it in place of the device's input.

The helpers are compiled and hold no interpreter lock. Fences make them right on processors with weak ordering.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

HEADER = 64
"""Number of int64 counters at the start of the block."""

# Positions and their publication
CAPTURED, WRITTEN, DELAY, RUNNING = 0, 1, 2, 3
# Shape
IN_CHANNELS, OUT_CHANNELS, IN_LEFT, IN_RIGHT = 4, 5, 6, 7
IN_MASK, OUT_MASK, SOURCE_MASK = 8, 9, 10
IN_AT, OUT_AT, SOURCE_AT, ROUTE_AT, WET_AT, SIZE = 11, 12, 13, 14, 15, 16
# What the callback counts
CALLBACKS, MAX_BLOCK, UNDERRUN_FRAMES, UNDERRUN_EVENTS, INPUT_FLAGS, OUTPUT_FLAGS = 17, 18, 19, 20, 21, 22
WAIT_TIMEOUTS = 23
# How the callback behaves
FREEWHEEL_WAIT, WAKE = 24, 25
# The song
SOURCE_ON, SOURCE_WRITTEN, SOURCE_READ, SOURCE_STARVED, SOURCE_PAUSED, SOURCE_END, SOURCE_DONE_AT, SOURCE_FROM = (
    26, 27, 28, 29, 30, 31, 32, 33,
)  # fmt: skip

RING = 1 << 17
"""Length of the input and source rings in frames: 3 s at 44.1 kHz."""

OUT_RING = 1 << 16
"""Length of the output ring in frames."""


def _fence(context: Any) -> Any:

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


fence: Any = intrinsic(_fence)
"""A full memory fence: what was written before is seen before what is written after."""


class AudioBlock:
    """The memory: int64 counters, then float32 rings, in one allocation that the callback gets as its user data.

    Attributes:
        counters: Shape (64,) int64; the constants of this module are its indices.
        samples: The same memory as float32.
        route: Dry gains, shape (output channels, 2) float32: what of the delayed input stands in on each channel.
    """

    def __init__(self, in_channels: int, out_channels: int, in_pair: tuple[int, int] = (0, 1)) -> None:
        """Allocate.

        Args:
            in_channels: Device input channels, 0 for none.
            out_channels: Device output channels.
            in_pair: Which input channels are left and right, from 0; both the same for mono.
        """
        sizes = (2 * RING, OUT_RING * out_channels, 2 * RING, 2 * out_channels, 1)
        offsets = np.cumsum((2 * HEADER, *sizes)).tolist()
        self._memory = np.zeros(offsets[-1] // 2 + 1, np.int64)
        self.counters = self._memory[:HEADER]
        self.samples = self._memory.view(np.float32)
        head = self.counters
        head[IN_CHANNELS], head[OUT_CHANNELS] = in_channels, out_channels
        head[IN_LEFT], head[IN_RIGHT] = in_pair
        head[IN_MASK], head[OUT_MASK], head[SOURCE_MASK] = RING - 1, OUT_RING - 1, RING - 1
        head[IN_AT], head[OUT_AT], head[SOURCE_AT], head[ROUTE_AT], head[WET_AT], head[SIZE] = offsets
        head[SOURCE_END] = head[SOURCE_DONE_AT] = -1
        head[WAKE] = -1
        self.route = self.samples[offsets[3] : offsets[4]].reshape(out_channels, 2)
        self.samples[offsets[4]] = 1.0

    @property
    def address(self) -> int:
        """Where the block begins; it stays there as long as this object lives."""
        return int(self._memory.ctypes.data)

    def read_input(self, position: int, out: NDArray[np.float32]) -> None:
        """Copy captured frames from an absolute position on into ``out`` of shape (n, 2)."""
        _read(self.samples, self.counters, position, out)

    def write_output(
        self, position: int, buses: NDArray[np.float32], routes: NDArray[np.int32], gains: NDArray[np.float32],
        peaks: NDArray[np.float32],
    ) -> None:  # fmt: skip
        """Write buses to output channels at an absolute position and publish them.

        Args:
            position: Absolute position of the first frame.
            buses: Shape (buses, n, 2) float32.
            routes: Shape (k, 3) int32: bus, its side (0 or 1), device channel. Several may meet on one channel.
            gains: Shape (k,) float32.
            peaks: Shape (output channels,) float32, raised to the largest magnitude written.
        """
        _write(self.samples, self.counters, position, buses, routes, gains, peaks)

    def write_dry(self, position: int, count: int, delay: int) -> None:
        """Fill a stretch of the output with the delayed input, as the callback would."""
        _write_dry(self.samples, self.counters, position, count, delay)

    def write_source(self, block: NDArray[np.float32]) -> None:
        """Append frames of shape (n, 2) to the source ring; the caller has made sure that there is room."""
        _write_source(self.samples, self.counters, block)

    @property
    def source_room(self) -> int:
        """Frames that the source ring can take now."""
        return RING - int(self.counters[SOURCE_WRITTEN] - self.counters[SOURCE_READ])


@njit(cache=True, nogil=True)
def _read(samples: Any, head: Any, position: int, out: Any) -> None:
    fence()
    mask, at = head[IN_MASK], head[IN_AT]
    for i in range(out.shape[0]):
        slot = at + 2 * ((position + i) & mask)
        out[i, 0] = samples[slot]
        out[i, 1] = samples[slot + 1]


@njit(cache=True, nogil=True)
def _write(samples: Any, head: Any, position: int, buses: Any, routes: Any, gains: Any, peaks: Any) -> None:
    mask, at, channels = head[OUT_MASK], head[OUT_AT], head[OUT_CHANNELS]
    count = buses.shape[1]
    for i in range(count):
        slot = at + channels * ((position + i) & mask)
        for c in range(channels):
            samples[slot + c] = 0.0
        for k in range(routes.shape[0]):
            samples[slot + routes[k, 2]] += gains[k] * buses[routes[k, 0], i, routes[k, 1]]
        for c in range(channels):
            peaks[c] = max(peaks[c], abs(samples[slot + c]))
    fence()
    head[WRITTEN] = position + count


@njit(cache=True, nogil=True)
def _write_dry(samples: Any, head: Any, position: int, count: int, delay: int) -> None:
    mask, at, channels = head[OUT_MASK], head[OUT_AT], head[OUT_CHANNELS]
    for i in range(count):
        slot = at + channels * ((position + i) & mask)
        past = position + i - delay
        source = head[IN_AT] + 2 * (past & head[IN_MASK])
        for c in range(channels):
            route = head[ROUTE_AT] + 2 * c
            value = samples[route] * samples[source] + samples[route + 1] * samples[source + 1]
            samples[slot + c] = value if past >= 0 else np.float32(0.0)
    fence()
    head[WRITTEN] = position + count


@njit(cache=True, nogil=True)
def _write_source(samples: Any, head: Any, block: Any) -> None:
    mask, at, written = head[SOURCE_MASK], head[SOURCE_AT], head[SOURCE_WRITTEN]
    for i in range(block.shape[0]):
        slot = at + 2 * ((written + i) & mask)
        samples[slot] = block[i, 0]
        samples[slot + 1] = block[i, 1]
    fence()
    head[SOURCE_WRITTEN] = written + block.shape[0]
