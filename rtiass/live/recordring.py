"""The ring from the audio thread to the recording process, in memory that both share, and the copy into it.

The audio thread is the only one that stores, the recording process the only one that takes away. Each stored frame has
the samples of all tracks. Frames follow each other without a mark; wherever one does not follow the last (a take
begins or ends, the ring was full, the latency has changed) there is an event that tells the position. Positions are
samples of the model's clock since the host's start: the input's own count.
"""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rtiass.live.ring import fence
from rtiass.live.sharedmemory import map_shared

HEADER = 64
"""Number of int64 counters at the start."""

# Written by the audio thread
STORED, EVENTS, ACTIVE, NEXT, LATENCY, MODE, DROPPING, DROPPED = 0, 1, 2, 3, 4, 5, 6, 7
# Written by the recording process
TAKEN, EVENTS_TAKEN = 16, 17
STATE, FRAMES, GAPS, GAP_FRAMES, CLIPPED, TAKES = 18, 19, 20, 21, 22, 23

IDLE, RECORDING, FAULT = 0, 1, 2
"""States: no take, a take is written, a take was ended by a full disk or another fault."""

# Events: kind, number of the first stored frame that they hold for, position, latency, mode
START, GO_ON, STOP = 1, 2, 3
EVENT_FIELDS = 8
EVENT_RING = 256

MAX_BYTES = 64 << 20
MAX_FRAMES = 1 << 19
"""The ring holds 12 s at 44.1 kHz, or less where that would need more than ``MAX_BYTES``."""


class RecordRing:
    """The mapped memory.

    Attributes:
        fd: Descriptor to hand to the recording process.
        head: Shape (64,) int64; the constants of this module are its indices.
        events: Shape (256, 8) int64: kind, frame, position, latency, mode.
        samples: Shape (frames, tracks, 2) float32.
    """

    def __init__(self, tracks: int, fd: int | None = None, frames: int | None = None) -> None:
        """Map a ring.

        Args:
            tracks: Number of stereo tracks.
            fd: Descriptor of an existing ring; without it a new one is made.
            frames: Length, a power of two; default as long as ``MAX_BYTES`` and ``MAX_FRAMES`` allow.
        """
        if frames is None:
            frames = MAX_FRAMES
            while frames * tracks * 8 > MAX_BYTES:
                frames //= 2
        counters = HEADER + EVENT_RING * EVENT_FIELDS
        size = 8 * counters + 8 * frames * tracks
        size = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE * mmap.PAGESIZE
        own = fd is None
        self.fd, self._map = map_shared(size, "rtiass-record", fd)
        numbers = np.frombuffer(self._map, np.int64, counters)
        self.head: NDArray[np.int64] = numbers[:HEADER]
        self.events: NDArray[np.int64] = numbers[HEADER:].reshape(EVENT_RING, EVENT_FIELDS)
        flat = np.frombuffer(self._map, np.float32, frames * tracks * 2, 8 * counters)
        self.samples: NDArray[np.float32] = flat.reshape(frames, tracks, 2)
        if own:
            self.samples.fill(0.0)  # all pages are there before the audio thread writes to them

    def get(self, index: int) -> int:
        """Value of a counter."""
        return int(self.head[index])

    def close(self) -> None:
        """Close the descriptor; the mapping goes with the last array that looks at it. Once more does nothing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Tap:
    """The audio thread's end: copies what is to be recorded into the ring. It never waits and allocates nothing.

    Attributes:
        ring: The ring.
    """

    def __init__(self, ring: RecordRing, rows: NDArray[np.int32]) -> None:
        """Make the tap.

        Args:
            ring: The ring.
            rows: Bus of each track, shape (tracks,) int32; -1 for the input.
        """
        self.ring = ring
        self._rows = np.ascontiguousarray(rows, np.int32)
        self._skipped = 0
        # Compiled now, not in the audio thread.
        self.take(np.zeros((0, 2), np.float32), np.zeros((1, 1, 2), np.float32), 0, 0, 0, 0)

    def skip(self, samples: int) -> None:
        """The input jumped over so many samples of the model's clock."""
        self._skipped += samples

    def take(
        self, sound: NDArray[np.float32], buses: NDArray[np.float32], time: int, latency: int, mode: int, wanted: int
    ) -> None:
        """Store a block, begin a take or end one.

        Args:
            sound: The input, shape (n, 2) float32.
            buses: What came out for it, shape (buses, at least n, 2) float32, without gaps in memory.
            time: The separator's count of samples after the block.
            latency: Samples by which the output is behind the input.
            mode: Number of the mode.
            wanted: Number of the take that is wanted; 0 for none.
        """
        position = time - len(sound) + self._skipped
        ring = self.ring
        _take(ring.head, ring.events, ring.samples, sound, buses, self._rows, position, latency, mode, wanted)


@njit(cache=True, nogil=True)
def _tell(head: Any, events: Any, kind: int, position: int, latency: int, mode: int) -> bool:
    """Append an event; False if there is no room."""
    count = head[EVENTS]
    if count - head[EVENTS_TAKEN] >= EVENT_RING:
        return False
    slot = count % EVENT_RING
    events[slot, 0] = kind
    events[slot, 1] = head[STORED]
    events[slot, 2] = position
    events[slot, 3] = latency
    events[slot, 4] = mode
    fence()
    head[EVENTS] = count + 1
    return True


@njit(cache=True, nogil=True)
def _take(
    head: Any, events: Any, samples: Any, sound: Any, buses: Any, rows: Any, position: int, latency: int, mode: int,
    wanted: int,
) -> None:  # fmt: skip
    if head[ACTIVE] != 0 and head[ACTIVE] != wanted:
        if not _tell(head, events, STOP, position, latency, mode):
            return
        head[ACTIVE] = 0
    if wanted == 0:
        return
    count, size = sound.shape[0], samples.shape[0]
    if count == 0:
        return
    kind = 0
    if head[ACTIVE] == 0:
        kind = START
        head[DROPPING] = 0
    elif position != head[NEXT] or latency != head[LATENCY] or mode != head[MODE]:
        kind = GO_ON
    if kind != START:
        # After an overflow it waits for some room: one gap is better than a hundred.
        needed = size // 8 if head[DROPPING] != 0 else count
        if size - (head[STORED] - head[TAKEN]) < max(needed, count):
            head[DROPPING] = 1
            head[DROPPED] += count
            return
    elif size - (head[STORED] - head[TAKEN]) < count:
        return
    if kind != 0:
        if not _tell(head, events, kind, position, latency, mode):
            if kind == GO_ON:
                head[DROPPED] += count
            return
        head[ACTIVE], head[LATENCY], head[MODE] = wanted, latency, mode
    head[DROPPING] = 0
    fence()
    stored, mask = head[STORED], size - 1
    for i in range(count):
        slot = (stored + i) & mask
        for t in range(rows.shape[0]):
            row = rows[t]
            if row < 0:
                samples[slot, t, 0] = sound[i, 0]
                samples[slot, t, 1] = sound[i, 1]
            else:
                samples[slot, t, 0] = buses[row, i, 0]
                samples[slot, t, 1] = buses[row, i, 1]
    head[NEXT] = position + count
    fence()
    head[STORED] = stored + count
