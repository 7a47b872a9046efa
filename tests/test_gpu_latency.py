"""Times of a step on a real card, back to back and once a hop; p99.9 must leave the live mode's hop its time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gpu_needed import engine_here
from tensorrt_runs import bundle_of, frames

from engines.tensorrt.key import PRECISIONS
from rtiass.bundle import bundle_names
from rtiass.stft import MODES, RATE

pytestmark = pytest.mark.gpu
HOP = MODES["live"].hop / RATE
FRAMES = frames(16)


def times(session: Any, count: int, pause: float) -> np.ndarray[Any, Any]:
    """Seconds of each of so many steps, with a pause after each."""
    found = np.empty(count)
    for i in range(count):
        begun = time.perf_counter()
        session.step(FRAMES[i % len(FRAMES)])
        found[i] = time.perf_counter() - begun
        if pause:
            time.sleep(pause)
    return found


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", bundle_names())
def test_steps_fit_into_a_hop(name: str, precision: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = engine_here(tmp_path)
    engine.build(bundle_of(name), precision=precision)
    session = engine.open(bundle_of(name))
    times(session, 200, 0.0)
    for how, count, pause in (("back to back", 10_000, 0.0), ("every 3 ms", 3_000, 0.0029)):
        found = times(session, count, pause)
        middle, rare = np.percentile(found, [50, 99.9]) * 1e6
        with capsys.disabled():
            print(f"\n{engine.probe().detail}: {name} {precision} {how}: p50 {middle:.0f} us, p99.9 {rare:.0f} us")
        assert rare * 1e-6 < HOP
    session.close()
