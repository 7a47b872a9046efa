"""``rtiass engines build`` compiles a model for a card, and ``rtiass engines`` lists what was compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_cuda import FakeCuda, cudaError_t
from fake_tensorrt import rtx
from typer.testing import CliRunner

from engines.tensorrt import TensorRTEngine
from engines.tensorrt.cache import Cache
from rtiass.cli import app
from rtiass.engine import EngineError

NO_DRIVER = cudaError_t.cudaErrorInsufficientDriver


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TensorRTEngine:
    """TensorRT for RTX on a machine without a driver, and an engine that compiles nothing."""
    cuda = FakeCuda(error=NO_DRIVER, driver=0)
    made = TensorRTEngine(cuda, lambda target: rtx(cuda), Cache(tmp_path))

    def load(name: str) -> Any:
        if name != "tensorrt":
            raise EngineError(f"There is no engine named '{name}'.")
        return made

    monkeypatch.setattr("rtiass.engine.engine_names", lambda: ["broken", "tensorrt"])
    monkeypatch.setattr("rtiass.engine.load_engine", load)
    return made


def command(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["engines", *words])
    return result.exit_code, result.output


def test_it_compiles_for_the_cards_named_and_lists_them(engine: TensorRTEngine, tiny_bundle: Path) -> None:
    code, text = command("build", str(tiny_bundle), "--target", "sm86,sm89", "--precision", "fp16")
    assert code == 0
    lines = text.splitlines()
    assert lines[0].startswith("tiny: fp16 for sm86, TensorRT for RTX 1.0 (0.0 MB) -> ")
    assert Path(lines[0].split(" -> ")[1]).is_file()
    assert lines[1].startswith("tiny: fp16 for sm89, ")
    assert lines[2].startswith("2 compiled in ")
    code, text = command()
    assert code == 0
    assert [line.strip() for line in text.splitlines()] == [
        "broken    not available: There is no engine named 'broken'.",
        "tensorrt  not available: There is no NVIDIA driver on this machine (CUDA error 35). With an NVIDIA card, install "
        "its driver; without one, another engine does the same on the processor: --engine onnxruntime",
        "tiny: fp16 for sm86, TensorRT for RTX 1.0 (0.0 MB)",
        "tiny: fp16 for sm89, TensorRT for RTX 1.0 (0.0 MB)",
    ]


def test_what_was_compiled_for_this_machine_can_be_measured(
    engine: TensorRTEngine, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = FakeCuda()
    here = TensorRTEngine(cuda, lambda target: rtx(cuda), Cache(tmp_path / "here"))
    monkeypatch.setattr("rtiass.engine.load_engine", lambda name: here)
    code, text = command("build", str(tiny_bundle))
    assert code == 0
    assert text.splitlines()[-1].endswith(f"if it is the fastest here: rtiass engines measure {tiny_bundle}")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--target", "sm86", "--precision", "fp8"], "fp32 or fp16, not 'fp8'"),
        (["--target", "ada"], "'ada' is no compute capability"),
        (["--target", ","], "--target names no card"),
        ([], "name it: --target sm86"),
        (["--engine", "other"], "There is no engine named 'other'"),
    ],
)
def test_what_is_wrong_is_a_sentence(
    words: list[str], sentence: str, engine: TensorRTEngine, tiny_bundle: Path
) -> None:
    code, text = command("build", str(tiny_bundle), *words)
    assert code == 2
    assert sentence in " ".join(text.split())


def test_an_engine_that_compiles_nothing_says_so(tiny_bundle: Path) -> None:
    code, text = command("build", str(tiny_bundle), "--engine", "onnxruntime")
    assert code == 2
    assert "compiles nothing ahead" in " ".join(text.split())


def test_a_model_that_is_not_there_is_told(engine: TensorRTEngine) -> None:
    code, text = command("build", "nosuch")
    assert code == 2
    assert "There is no model 'nosuch'" in text
