"""What the audio path asks of memory: bytes at once for a step of the network and for a hop, and bytes that stay.

Both take some small objects of Python, which go back at once.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import numpy as np

from engines.onnxruntime import OnnxRuntimeEngine
from rtiass.bundle import Bundle
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES

WARM, ROUNDS = 128, 64
"""Calls until Python has filled the lists of what it will use again, and calls that count."""
TRIES = 5
"""Of which the smallest figures are taken: other threads of the process ask for memory too, now and then."""
MODE = "live"


def figures(bundle: Bundle) -> dict[str, int]:
    """Bytes at once and bytes kept, of a step and of a hop in ``live``."""
    rng = np.random.default_rng(0)
    session = OnnxRuntimeEngine().open(bundle, threads=1)
    try:
        frame = rng.random((2, bundle.bins), dtype=np.float32)
        step, step_kept = traced(lambda: session.step(frame))
        separator = StreamingSeparator(bundle, session, mode=MODE)
        block = 0.1 * rng.standard_normal((MODES[MODE].hop, 2), dtype=np.float32)
        out = np.zeros((len(separator.bus_names), *block.shape), np.float32)
        hop, hop_kept = traced(lambda: separator.process_into(block, out))
    finally:
        session.close()
    return {"step_bytes": step, "step_bytes_kept": step_kept, "hop_bytes": hop, "hop_bytes_kept": hop_kept}


def traced(work: Callable[[], object]) -> tuple[int, int]:
    """Most bytes that a call had beyond those before it, and bytes a call that are still there after many."""
    for _ in range(16):
        work()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(WARM):
            work()
        found = [_round(work) for _ in range(TRIES)]
    finally:
        tracemalloc.stop()
        gc.enable()
    return min(most for most, _ in found), min(kept for _, kept in found)


def _round(work: Callable[[], object]) -> tuple[int, int]:
    begin, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for _ in range(ROUNDS):
        work()
    end, peak = tracemalloc.get_traced_memory()
    return peak - begin, max(0, end - begin) // ROUNDS
