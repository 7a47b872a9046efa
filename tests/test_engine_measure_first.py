"""A file job with ``auto`` measures first where several engines could do it and nothing is known; once, and it says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeSession, fake_bundle, music
from typer.testing import CliRunner

from rtiass import engine
from rtiass.bundle import load_bundle
from rtiass.cli import app
from rtiass.engine import Built, Probe
from rtiass.engineanswers import FILE, Answer, forget_answer, read_answer, write_answer
from rtiass.enginechoice import MEASURE, measure_first
from rtiass.pool import SeparatorPool


class Fake:
    def probe(self) -> Probe:
        return Probe(True, "CPU")

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        return FakeSession()


class Card(Fake):
    def __init__(self, *models: str) -> None:
        self.models = models

    def build(self, bundle: Any, **options: Any) -> list[Built]:
        raise AssertionError("the job waits for a compilation")

    def built(self) -> list[Built]:
        return [Built(model, "", Path(model), 0) for model in self.models]

    def open_compiled(self, bundle: Any, *, threads: int | None = None) -> FakeSession | None:
        return FakeSession() if bundle.name in self.models else None


FIGURES = {"first": 0.002, "second": 0.001, "card": 0.0001}


@pytest.fixture(autouse=True)
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is remembered yet, and speeds are known."""
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    monkeypatch.delenv(MEASURE)

    def attempt(sessions: Any, *, seconds: float) -> tuple[dict[str, float], dict[str, str]]:
        return {name: FIGURES[name] for name in sessions}, {}

    monkeypatch.setattr("rtiass.enginetrial.try_paced", attempt)


def install(monkeypatch: pytest.MonkeyPatch, **engines: Any) -> None:
    monkeypatch.setattr(engine, "engine_names", lambda: list(engines))
    monkeypatch.setattr(engine, "load_engine", lambda name: engines[name])


def told() -> list[str]:
    said: list[str] = []
    measure_first(fake_bundle(), said.append)
    return said


def test_several_are_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake(), card=Card("another"))
    assert [line.partition(";")[0] for line in told()] == [
        "Measuring which engine is the fastest here, once: first, second",
        "auto takes second: second keeps 1.00 ms a frame, the fastest here: first 2.00 ms",
    ]
    answer = read_answer(fake_bundle())
    assert answer is not None and set(answer.seconds) == {"first", "second"}
    assert told() == []


def test_one_that_is_compiled_is_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), card=Card("fake"))
    assert told()[0].endswith("first, card")


def test_one_alone_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), card=Card())
    assert told() == []
    assert read_answer(fake_bundle()) is None


def test_nothing_is_measured_where_that_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    monkeypatch.setenv(MEASURE, "0")
    assert told() == []
    assert read_answer(fake_bundle()) is None


def test_the_command_says_so_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_song: Any, tiny_bundle: Path
) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    song, _ = make_song()
    words = ["separate", str(song), "-o", str(tmp_path / "out"), "--model", str(tiny_bundle), "--quiet"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "auto takes second" in result.stderr and "auto takes" not in result.stdout
    assert "auto takes" not in CliRunner().invoke(app, words).stderr
    assert "auto takes" not in CliRunner().invoke(app, [*words, "--engine", "first"]).stderr


def test_who_does_not_ask_to_be_told_does_not_wait(monkeypatch: pytest.MonkeyPatch, fake_model: None) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    with SeparatorPool() as pool:
        assert pool.take(2, ["drums"])[0].process(music(1024))["drums"].shape == (1024, 2)
    assert read_answer(fake_bundle()) is None


def test_a_build_makes_the_answer_unknown_again(monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path) -> None:
    class Building(Card):
        def build(self, bundle: Any, **options: Any) -> list[Built]:
            return [Built(bundle.name, "", tiny_bundle / "card.toml", 0)]

    install(monkeypatch, first=Fake(), card=Building())
    bundle, other = load_bundle(tiny_bundle), fake_bundle()
    for one in (bundle, other):
        write_answer(one, Answer({"first": 0.001}, "2026-01-31"))
    words = ["engines", "build", str(tiny_bundle), "--engine", "card"]
    assert CliRunner().invoke(app, [*words, "--target", "sm86"]).exit_code == 0
    assert read_answer(bundle) is not None, "what is compiled for another machine says nothing of this one"
    assert CliRunner().invoke(app, words).exit_code == 0
    assert read_answer(bundle) is None
    assert read_answer(other) is not None, "the other model's answer stays"
    assert forget_answer(bundle) == "", "nothing is there to be forgotten"
