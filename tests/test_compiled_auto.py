"""``auto`` on an ordinary machine: ONNX Runtime until something is known, the compiled engine for models of its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from networks import exported

from rtiass import engine
from rtiass.engine import choose_with_reason
from rtiass.engineanswers import FILE, Answer, read_answer, write_answer
from rtiass.enginechoice import MEASURE, measure, measure_first
from rtiass.live.firstengine import first_engine


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known, and there is no card."""
    pytest.importorskip("llvmlite")
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    monkeypatch.delenv(MEASURE)
    monkeypatch.setattr(engine, "engine_names", lambda: ["onnxruntime", "compiled", "pytorch"])


def attempt(sessions: dict[str, Any], *, seconds: float) -> tuple[dict[str, float], dict[str, str]]:
    return {name: {"onnxruntime": 0.002, "compiled": 0.001}[name] for name in sessions}, {}


def test_without_knowledge_onnx_runtime_plays_and_both_are_measured_beside_it() -> None:
    choice, order = first_engine("auto", exported("small")[1], 1)
    assert (choice.name, choice.note) == ("onnxruntime", "")
    assert order is not None and order.measure == ("onnxruntime", "compiled")


def test_once_it_is_known_to_be_faster_it_plays_from_the_beginning() -> None:
    bundle = exported("small")[1]
    measure(bundle, only=["onnxruntime", "compiled"], attempt=attempt)
    choice, order = first_engine("auto", bundle, 1)
    assert (choice.name, choice.note, order) == ("compiled", "", None)
    assert choice.why.startswith("compiled keeps 1.00 ms a frame, the fastest here: onnxruntime 2.00 ms")


def test_a_model_of_another_kind_is_played_and_nothing_is_measured_or_complained_of() -> None:
    """The paper's network, at every start."""
    bundle = exported("iass")[1]
    told: list[str] = []
    for _ in range(2):
        choice, order = first_engine("auto", bundle, 1)
        assert (choice.name, choice.note, order) == ("onnxruntime", "", None)
        measure_first(bundle, told.append)
    assert told == [] and read_answer(bundle) is None


def test_by_command_it_is_told_and_remembered_all_the_same() -> None:
    bundle = exported("iass")[1]
    verdict, _ = measure(bundle, only=["onnxruntime", "compiled"], attempt=attempt)
    assert "a network of the kind 'iass'" in verdict.refused["compiled"]
    choice = choose_with_reason("auto", bundle, 1)
    assert (choice.name, choice.note) == ("onnxruntime", "")
    assert "the only one that can run here" in choice.why


def test_if_it_refuses_in_spite_of_an_answer_the_other_one_plays_and_it_is_told() -> None:
    bundle = exported("iass")[1]
    write_answer(bundle, Answer({"onnxruntime": 0.002, "compiled": 0.001}, "2026-01-31"))
    choice, order = first_engine("auto", bundle, 1)
    assert (choice.name, order) == ("onnxruntime", None)
    assert choice.note.startswith(
        "Fell back to 'onnxruntime': compiled: The model 'untrained' has a network of the kind"
    )
