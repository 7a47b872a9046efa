"""The thread that plays allocates nothing in a hand-over: its buffers are there before."""

from __future__ import annotations

import tracemalloc

import numpy as np
from fake_engine import FixedSession
from handover_runs import WarmUp

from rtiass.live.handover import Handover

FRAME = np.ones((2, 2049), np.float32)


def test_no_buffer_is_made_in_any_phase() -> None:
    handover = Handover(FixedSession(), "old", 4)
    handover.retime(0.001)  # a cross-fade of 250 steps
    handover.step(FRAME)
    warm = WarmUp(handover, FixedSession())  # type: ignore[arg-type]
    warm.offered()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(400):
        handover.step(FRAME)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    warm.join(10)
    assert handover.name == "new"
    # A row of masks has 8 kB; what is counted are the objects of the language itself, the warming thread's among them.
    assert after - before < 4096
    assert peak - before < 8192
