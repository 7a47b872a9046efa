"""``rtiass engines`` lists what there is and what to do about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtiass.bundle import BundleError
from rtiass.cli import app
from rtiass.engine import Probe


def _run(command: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [command])
    return result.exit_code, result.output


def test_engines_tell_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [("onnxruntime", Probe(True, "1.2, CPU")), ("x", Probe(False, "No GPU. Install one."))]
    monkeypatch.setattr("rtiass.engine.probe_all", lambda: found)
    assert _run("engines") == (
        0,
        "onnxruntime  available: 1.2, CPU\nx            not available: No GPU. Install one.\n",
    )


def test_no_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtiass.engine.probe_all", list)
    code, text = _run("engines")
    assert code == 2
    assert "Reinstall" in text


def test_the_default_engine_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtiass.engine.engine_names", lambda: ["onnxruntime"])
    code, text = _run("engines")
    assert code == 0
    assert "onnxruntime  available" in text


def test_no_model_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("rtiass.bundle.models_folder", lambda: tmp_path / "none")
    assert _run("models")[1].startswith("No model is installed.")
    from rtiass.bundle import load_bundle

    with pytest.raises(BundleError, match="--model"):
        load_bundle()
