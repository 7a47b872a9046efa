"""Left to itself, the ONNX Runtime engine takes the number of threads that was faster."""

from __future__ import annotations

from typing import Any

import pytest
from networks import exported, magnitudes

from engines.onnxruntime import OnnxRuntimeEngine, engine


@pytest.mark.parametrize(("seconds", "threads"), [((1.0, 0.5), 2), ((1.0, 0.95), 1), ((0.5, 1.0), 1)])
def test_a_second_thread_must_pay(seconds: tuple[float, float], threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_median_seconds", lambda sessions: list(seconds))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    session: Any = OnnxRuntimeEngine().open(exported("small")[1])
    assert session.threads == threads


def test_one_core_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_median_seconds", lambda sessions: pytest.fail("measured for nothing"))
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert OnnxRuntimeEngine().open(exported("small")[1]).threads == 1


def test_the_trial_leaves_no_trace() -> None:
    bundle = exported("small")[1]
    frame = magnitudes(1)[0, :, 0].numpy()
    tried = OnnxRuntimeEngine().open(bundle)
    fresh = OnnxRuntimeEngine().open(bundle, threads=tried.threads)
    assert (tried.step(frame)[0] == fresh.step(frame)[0]).all()
