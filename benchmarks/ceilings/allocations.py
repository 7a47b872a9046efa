"""What the audio path asks of memory: bytes at once for a step of the network and for a hop, and what of it stays.

Both take some small objects of Python, which go back at once. What libraries take past Python's own allocators isn't
seen: engines, FFTs, drivers.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from rtiass.bundle import Bundle
from rtiass.engine import load_engine, open_checked
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES as ALL

WARM, ROUNDS = 128, 64
"""Calls until Python has filled the lists of what it will use again, and calls that count."""
TRIES = 5
"""Of which the smallest figures are taken: other threads of the process ask for memory too, now and then."""
ENGINES = ("onnxruntime", "compiled")
MODES = ("live", "instant")


def figures(bundle: Bundle) -> dict[str, Any]:
    """By engine what a step and a hop ask for: bytes at once, bytes kept and blocks kept; hops by mode."""
    return {engine: _of_engine(bundle, engine) for engine in ENGINES}


def _of_engine(bundle: Bundle, engine: str) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    session = open_checked(load_engine(engine), bundle, 1)
    try:
        frame = rng.random((2, bundle.bins), dtype=np.float32)
        found: dict[str, Any] = _named("step", lambda: session.step(frame))
        for mode in MODES:
            separator = StreamingSeparator(bundle, session, mode=mode)
            block = 0.1 * rng.standard_normal((ALL[mode].hop, 2), dtype=np.float32)
            out = np.zeros((len(separator.bus_names), *block.shape), np.float32)
            found[mode] = _named("hop", lambda take=separator.process_into, block=block, out=out: take(block, out))
    finally:
        session.close()
    return found


def _named(what: str, work: Callable[[], object]) -> dict[str, int]:
    most, kept = traced(work)
    return {f"{what}_bytes": most, f"{what}_bytes_kept": kept, f"{what}_blocks_kept": blocks_kept(work)}


def traced(work: Callable[[], object]) -> tuple[int, int]:
    """Most bytes that a call had beyond those before it, and bytes a call that are still there after many."""
    with _warm(work, tracing=True):
        found = [_round(work) for _ in range(TRIES)]
    return min(most for most, _ in found), min(kept for _, kept in found)


def blocks_kept(work: Callable[[], object]) -> int:
    """Blocks of Python's small allocator a call that are still there after many; ``tracemalloc`` is off."""
    with _warm(work, tracing=False):
        found = []
        for _ in range(TRIES):
            before = sys.getallocatedblocks()
            for _ in range(ROUNDS):
                work()
            found.append(max(0, sys.getallocatedblocks() - before) // ROUNDS)
    return min(found)


@contextmanager
def _warm(work: Callable[[], object], *, tracing: bool) -> Iterator[None]:
    for _ in range(16):
        work()
    gc.collect()
    gc.disable()
    if tracing:
        tracemalloc.start()
    try:
        for _ in range(WARM):
            work()
        yield
    finally:
        tracemalloc.stop()
        gc.enable()


def _round(work: Callable[[], object]) -> tuple[int, int]:
    begin = tracemalloc.get_traced_memory()
    # Once more: what holds the first reading is counted in the second, which takes its place.
    begin = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for _ in range(ROUNDS):
        work()
    end, peak = tracemalloc.get_traced_memory()
    return peak - begin[0], max(0, end - begin[0]) // ROUNDS
