"""``auto`` plays on a card from when a model is compiled for it and measured, and never compiles one itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_cuda import FakeCuda
from fake_tensorrt import rtx
from tensorrt_runs import bundle_of

from engines.onnxruntime import OnnxRuntimeEngine
from engines.tensorrt import TensorRTEngine
from engines.tensorrt.cache import Cache
from rtiass import engine
from rtiass.engine import choose_with_reason
from rtiass.engineanswers import FILE
from rtiass.enginechoice import measure


def card_is_faster(sessions: Mapping[str, Any], *, seconds: float) -> tuple[dict[str, float], dict[str, str]]:
    """Stands for the measurement."""
    figures = {"onnxruntime": 0.002, "tensorrt": 0.0002}
    return {name: figures[name] for name in sessions}, {}


def test_a_card_is_taken_once_compiled_and_measured_and_never_waited_for(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    cuda = FakeCuda()
    flavour = rtx(cuda)
    card = TensorRTEngine(cuda, lambda target: flavour, Cache(tmp_path / "engines"))
    engines: dict[str, Any] = {"onnxruntime": OnnxRuntimeEngine(), "tensorrt": card}
    monkeypatch.setattr(engine, "engine_names", lambda: list(engines))
    monkeypatch.setattr(engine, "load_engine", lambda name: engines[name])
    bundle = bundle_of(str(tiny_bundle))

    def chosen() -> tuple[str, str]:
        choice = choose_with_reason("auto", bundle, 1)
        choice.session.close()
        return choice.name, choice.note

    verdict, _ = measure(bundle, attempt=card_is_faster)
    assert verdict.engine == "onnxruntime"
    assert "is not compiled for it yet" in verdict.refused["tensorrt"]
    assert chosen() == ("onnxruntime", "")
    assert flavour.trt.builds == []

    (built,) = card.build(bundle)
    assert chosen() == ("onnxruntime", ""), "not before it was measured"
    verdict, _ = measure(bundle, attempt=card_is_faster)
    assert (verdict.engine, verdict.refused) == ("tensorrt", {})
    assert chosen() == ("tensorrt", "")

    built.path.unlink()
    name, note = chosen()
    assert name == "onnxruntime"
    assert note.startswith("Fell back to 'onnxruntime': tensorrt: The model 'tiny' is not compiled for it yet")
    assert len(flavour.trt.builds) == 1
    assert cuda.is_clean()
