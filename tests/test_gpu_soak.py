"""A quarter of an hour of hops on a real card: finite, no memory lost, and after a reset as fresh as at the beginning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gpu_needed import engine_here
from tensorrt_runs import bundle_of, frames, run

from engines.tensorrt.status import checked

pytestmark = pytest.mark.gpu
FRAMES = frames(64)
STEPS = 40_000
"""43 a second in the mode ``live``."""


def test_nothing_grows_and_nothing_drifts(tmp_path: Path) -> None:
    engine = engine_here(tmp_path)
    cuda = engine._runtime()
    session = engine.open(bundle_of("band"))
    first = run(session, FRAMES)
    free_before, _ = checked(cuda, cuda.cudaMemGetInfo(), "asking for its memory")
    for i in range(STEPS):
        masks, activity = session.step(FRAMES[i % len(FRAMES)])
        if i % 500 == 0:
            assert np.isfinite(masks).all()
            assert np.isfinite(activity).all()
            np.testing.assert_allclose(masks.sum(axis=0), 1.0, atol=1e-3)
    free_after, _ = checked(cuda, cuda.cudaMemGetInfo(), "asking for its memory")
    assert free_before - free_after < 1 << 20
    session.reset()
    for again, before in zip(run(session, FRAMES), first, strict=True):
        np.testing.assert_allclose(again, before, atol=1e-6)
    session.close()


def test_opening_and_closing_a_hundred_times_loses_nothing(tmp_path: Path) -> None:
    engine = engine_here(tmp_path)
    cuda = engine._runtime()
    free = []
    for _ in range(100):
        session = engine.open(bundle_of("band"))
        session.step(FRAMES[0])
        session.close()
        free.append(checked(cuda, cuda.cudaMemGetInfo(), "asking for its memory")[0])
    assert free[9] - free[-1] < 16 << 20
