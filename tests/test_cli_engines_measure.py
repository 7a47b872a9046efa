"""``rtiass engines measure`` tells the figures and what ``auto`` takes from then on, and the doctor says it too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeSession
from typer.testing import CliRunner

from rtiass import engine
from rtiass.cli import app
from rtiass.engine import EngineError, Probe
from rtiass.engineanswers import FILE
from rtiass.live import doctor


class Fake:
    name = "fake"

    def probe(self) -> Probe:
        return Probe(True, "CPU")

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        return FakeSession()


def load(name: str) -> Fake:
    if name == "gone":
        raise EngineError("It is gone. Install it.")
    return Fake()


@pytest.fixture(autouse=True)
def engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two engines whose speeds are known, and one that is broken."""
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    monkeypatch.setattr(engine, "engine_names", lambda: ["onnxruntime", "quick", "gone"])
    monkeypatch.setattr(engine, "load_engine", load)
    figures = {"onnxruntime": 0.0021, "quick": 0.0005}
    monkeypatch.setattr("rtiass.enginetrial.try_paced", lambda sessions, seconds: (figures, {}))


def test_figures_and_choice_are_told(tiny_bundle: Path) -> None:
    result = CliRunner().invoke(app, ["engines", "measure", str(tiny_bundle)])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[:2] == [
        "quick: 95 % of the steps within 0.50 ms",
        "onnxruntime: 95 % of the steps within 2.10 ms",
    ]
    assert lines[2] == "gone: not measured. It is gone. Install it."
    assert lines[3].startswith("auto takes quick for tiny: quick keeps 0.50 ms a frame, the fastest here: onnxruntime")


def test_a_model_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["engines", "measure", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "There is no model" in result.output


def test_the_doctor_says_what_auto_takes() -> None:
    before = {f.subject: f for f in doctor.examine()}["engine auto"]
    assert before.state == doctor.WARN
    assert "not measured here: rtiass engines measure band" in before.text
    assert CliRunner().invoke(app, ["engines", "measure"]).exit_code == 0
    after = {f.subject: f for f in doctor.examine()}["engine auto"]
    assert after.state == doctor.GOOD
    assert "for band: quick keeps 0.50 ms a frame" in after.text
