"""One compiled network running, its buffers allocated once."""

from __future__ import annotations

import ctypes
import math
import mmap
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.compiled.memory import ARGUMENTS, GRAIN, rounded
from engines.compiled.network import Written
from engines.frames import clean_into
from rtiass.bundle import Bundle

STEP = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(ARGUMENTS))
"""The compiled function. The interpreter is free for other threads while it runs."""


HUGE = 1 << 19
"""Floats of a huge page, 2 MiB."""


def aligned(size: int) -> NDArray[np.float32]:
    """Zeros that begin at a multiple of 64 bytes; much of it is in huge pages, where the system gives them.

    Whatever else runs between two frames takes places in the processor's table of pages, and what is in few pages is
    found again soon.
    """
    if size >= HUGE // 4 and hasattr(mmap, "MADV_HUGEPAGE"):
        room = mmap.mmap(-1, 4 * HUGE * (size // HUGE + 2), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with suppress(OSError):  # a kernel without them
            room.madvise(mmap.MADV_HUGEPAGE)
        whole, grain = np.frombuffer(room, np.float32), HUGE
    else:
        whole, grain = np.zeros(size + GRAIN, np.float32), GRAIN
    start = -(whole.ctypes.data // 4) % grain
    return whole[start : start + size]


def rooms(*sizes: int) -> list[NDArray[np.float32]]:
    """Several of them, one behind the other: together they need the fewest pages."""
    room = [rounded(size) for size in sizes]
    whole, ends = aligned(sum(room)), np.cumsum(room)
    return [whole[end - length : end][:size] for end, length, size in zip(ends, room, sizes, strict=True)]


class CompiledSession:
    """Steps a network. There are two banks of states: a step reads one and writes the other, so nothing is copied."""

    def __init__(self, code: Any, written: Written, weights: NDArray[np.float32], bundle: Bundle) -> None:
        self.threads = 1
        self.frame_shape = (bundle.channels, bundle.bins)
        stems = len(bundle.stems)
        self._keep: Any = code, weights
        frame, mask = math.prod(self.frame_shape), stems * bundle.bins
        # A grain more of what may be read or written a whole vector at a time.
        outside = (size + GRAIN for size in (frame, mask, stems))
        work, *self._banks, magnitude, masks, activity = rooms(written.work, written.states, written.states, *outside)
        self._magnitude = magnitude[:frame].reshape(self.frame_shape)
        self._mask = masks[:mask].reshape(stems, bundle.bins)
        self._activity = activity[:stems]
        self._step: Any = STEP(code.get_function_address("step"))
        self._pointers = []
        for now in range(2):
            states = self._banks[now], self._banks[1 - now]
            arrays = (work, weights, self._magnitude, *states, self._mask, self._activity)
            self._pointers.append([ctypes.c_void_p(array.ctypes.data) for array in arrays])
        self._now = 0

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Advance by one frame; see ``rtiass.engine.EngineSession``."""
        if self._step is None:
            raise RuntimeError("This session was closed.")
        clean_into(magnitude, self._magnitude)
        self._step(*self._pointers[self._now])
        self._now = 1 - self._now
        return self._mask, self._activity

    def reset(self) -> None:
        """Forget all states."""
        for bank in self._banks:
            bank.fill(0.0)

    def close(self) -> None:
        """Free the network."""
        self._step = None
        self._keep = None
