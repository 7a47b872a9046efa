"""With which engine a show begins: one that plays at once; what has to be compiled or measured is ordered beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeSession, fake_bundle

from rtiass import engine
from rtiass.bundle import BundleError
from rtiass.engine import Built, EngineError, Probe
from rtiass.engineanswers import FILE, Answer, write_answer
from rtiass.enginechoice import MEASURE
from rtiass.errors import UserError
from rtiass.live.firstengine import EngineOrder, first_engine


class Fake:
    def __init__(self, *variants: str, refusal: str = "", comparison: bool = False) -> None:
        self._variants, self._refusal, self.for_comparison = variants, refusal, comparison

    def variants(self) -> list[str]:
        return list(self._variants)

    def probe(self) -> Probe:
        return Probe(not self._refusal, self._refusal)

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        return FakeSession()


class Picky(Fake):
    """Refuses every model, and says so when it is asked."""

    def fits(self, bundle: Any) -> bool:
        return False

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        raise AssertionError("it is tried all the same")


class Card(Fake):
    """Compiles; opening what was not compiled fails the test."""

    def __init__(self, *, compiled: bool = False, refusal: str = "", error: Exception | None = None) -> None:
        super().__init__(refusal=refusal)
        self.compiled, self.error = compiled, error

    def build(self, bundle: Any, **options: Any) -> list[Built]:
        raise AssertionError("the show waits for a compilation")

    def built(self) -> list[Built]:
        return []

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        raise AssertionError("the show waits for a compilation")

    def open_compiled(self, bundle: Any, *, threads: int | None = None) -> FakeSession | None:
        if self.error is not None:
            raise self.error
        return FakeSession() if self.compiled else None


@pytest.fixture(autouse=True)
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is remembered yet."""
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    monkeypatch.delenv(MEASURE)


def install(monkeypatch: pytest.MonkeyPatch, **engines: Fake) -> None:
    monkeypatch.setattr(engine, "engine_names", lambda: [name for name in engines if "_" not in name])
    monkeypatch.setattr(engine, "load_engine", lambda name: engines[name.replace(":", "_")])
    monkeypatch.setattr("rtiass.live.firstengine.load_engine", lambda name: engines[name])


def test_one_that_compiles_plays_at_once_if_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), card=Card(compiled=True))
    choice, order = first_engine("card", fake_bundle())
    assert (choice.name, choice.why, order) == ("card", "", None)


def test_until_it_is_compiled_another_one_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), card=Card())
    choice, order = first_engine("card", fake_bundle())
    assert (choice.name, choice.note) == ("first", "")
    assert choice.why == "it plays while the model is compiled for card"
    assert order == EngineOrder("fake", build="card")


def test_that_is_the_fastest_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake(), card=Card())
    write_answer(fake_bundle(), Answer({"first": 0.002, "second": 0.001}, "2026-01-31"))
    assert first_engine("card", fake_bundle())[0].name == "second"


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (Card(refusal="There is no card."), r"^The engine 'card' can't run here: There is no card\.$"),
        (Card(error=EngineError("It is full.")), "It is full"),
        (Card(error=OSError("no library")), "no library"),
        (Card(error=BundleError("It is cut.")), r"^It is cut\.$"),
    ],
)
def test_one_that_was_asked_for_and_cannot_run_is_an_error(
    monkeypatch: pytest.MonkeyPatch, card: Card, told: str
) -> None:
    install(monkeypatch, first=Fake(), card=card)
    with pytest.raises(UserError, match=told):
        first_engine("card", fake_bundle())


def test_one_that_compiles_nothing_is_opened_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    choice, order = first_engine("second", fake_bundle())
    assert (choice.name, order) == ("second", None)


def test_auto_has_measured_what_could_be_better(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, gone = Fake(comparison=True), Fake(refusal="No.")
    install(monkeypatch, first=Fake("cuda"), first_cuda=Fake(), slow=slow, card=Card(), gone=gone)
    choice, order = first_engine("auto", fake_bundle())
    assert (choice.name, choice.note) == ("first", "")
    assert choice.why == "the first that can run, until the others are measured: first, first:cuda, card"
    assert order == EngineOrder("fake", measure=("first", "first:cuda", "card"))
    assert order.plain() == {"model": "fake", "build": "", "measure": ["first", "first:cuda", "card"]}


def test_where_one_alone_comes_into_question_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), slow=Fake(comparison=True), card=Card(refusal="There is no card."))
    choice, order = first_engine("auto", fake_bundle())
    assert (choice.name, order) == ("first", None)
    assert "engines were not measured here" in choice.why


def test_an_engine_that_the_model_is_not_for_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), picky=Picky())
    for _ in range(2):
        choice, order = first_engine("auto", fake_bundle())
        assert (choice.name, choice.note, order) == ("first", "", None)


def test_nothing_is_measured_where_that_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    monkeypatch.setenv(MEASURE, "0")
    choice, order = first_engine("auto", fake_bundle())
    assert (choice.name, order) == ("first", None)
    assert "engines were not measured here: rtiass engines measure" in choice.why
    write_answer(fake_bundle(), Answer({"first": 0.002, "second": 0.001}, "2026-01-31"))
    assert first_engine("auto", fake_bundle())[0].name == "second", "what is known counts all the same"


def test_what_is_remembered_is_not_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), card=Card())
    write_answer(fake_bundle(), Answer({"first": 0.002}, "2026-01-31"))
    choice, order = first_engine("auto", fake_bundle())
    assert (choice.name, order) == ("first", None)


def test_of_the_engines_that_come_with_it_the_slow_one_is_for_comparison() -> None:
    from rtiass.engine import load_engine

    chosen = [n for n in ("onnxruntime", "compiled", "pytorch") if not getattr(load_engine(n), "for_comparison", False)]
    assert chosen == ["onnxruntime", "compiled"]
