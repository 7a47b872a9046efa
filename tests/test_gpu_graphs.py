"""On a real card a step is one launch of a captured graph and one wait, and gives what the same calls give uncaptured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gpu_needed import Spy, engine_here
from tensorrt_runs import bundle_of, frames, run

from engines.tensorrt import TensorRTEngine
from engines.tensorrt.runner import Runner
from rtiass.bundle import bundle_names

pytestmark = pytest.mark.gpu
FRAMES = frames(40)


class Uncaptured(Runner):
    """Makes the calls one by one at every step."""

    def step(self) -> None:
        self._enqueue(self._now)
        self._synchronise()
        self._now = 1 - self._now


@pytest.mark.parametrize("name", bundle_names())
def test_captured_and_uncaptured_give_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_here(tmp_path)
    captured = engine.open(bundle_of(name))
    found = run(captured, FRAMES)
    captured.close()
    monkeypatch.setattr("engines.tensorrt.loading.Runner", Uncaptured)
    uncaptured = engine.open(bundle_of(name))
    wanted = run(uncaptured, FRAMES)
    uncaptured.close()
    for mine, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


def test_a_step_is_one_launch_and_one_wait(tmp_path: Path) -> None:
    engine = engine_here(tmp_path)
    spy = Spy(engine._runtime())
    session = TensorRTEngine(spy, engine._load_flavour, engine._cache).open(bundle_of("band"))
    spy.calls.clear()
    run(session, FRAMES)
    assert spy.calls == {"cudaGraphLaunch": len(FRAMES), "cudaStreamSynchronize": len(FRAMES)}
    session.close()


def test_two_sessions_share_a_card(tmp_path: Path) -> None:
    engine = engine_here(tmp_path)
    one, two = (engine.open(bundle_of("band")) for _ in range(2))
    expected = run(one, FRAMES)[0]
    one.reset()
    turns = [
        (one.step(frame)[0].copy(), two.step(other)[0].copy()) for frame, other in zip(FRAMES, FRAMES, strict=True)
    ]
    one.close()
    for wanted, (mine, other) in zip(expected, turns, strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-6)
        np.testing.assert_allclose(other, wanted, atol=1e-6)
    np.testing.assert_array_less(0, two.step(FRAMES[0])[0].max())
    two.close()
