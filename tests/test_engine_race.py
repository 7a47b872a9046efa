"""``auto`` takes a card only for a model that was compiled for it, only if it is faster, and tells if it failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeSession, fake_bundle

from rtiass import engine, enginerace
from rtiass.engine import Built, Probe, choose


class Session(FakeSession):
    """Counts what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Processor:
    name = "processor"

    def __init__(self) -> None:
        self.session = Session()

    def probe(self) -> Probe:
        return Probe(True, "CPU")

    def open(self, bundle: Any, *, threads: int | None = None) -> Session:
        return self.session


class Card(Processor):
    """Compiles. Its session can be made to fail."""

    name = "tensorrt"

    def __init__(self, *, available: bool = True, compiled: bool = True, error: Exception | None = None) -> None:
        super().__init__()
        self._available, self._compiled, self._error = available, compiled, error
        self.opened = 0

    def probe(self) -> Probe:
        return Probe(self._available, "A card")

    def open(self, bundle: Any, *, threads: int | None = None) -> Session:
        self.opened += 1
        if self._error is not None:
            raise self._error
        return self.session

    def build(self, bundle: Any, **options: Any) -> list[Built]:
        return [Built("m", "d", Path("p"), 1)]

    def built(self) -> list[Built]:
        return []

    def ready(self, bundle: Any) -> bool:
        return self._compiled


def play(
    monkeypatch: pytest.MonkeyPatch, card: Any, seconds: tuple[float, float] = (1.0, 0.5)
) -> tuple[Processor, tuple[str, Any, str]]:
    processor = Processor()
    engines = {"processor": processor, "tensorrt": card}
    monkeypatch.setattr(engine, "engine_names", lambda: list(engines))
    monkeypatch.setattr(engine, "load_engine", lambda name: engines[name])
    monkeypatch.setattr(enginerace, "median_seconds", lambda sessions, shape: list(seconds))
    return processor, choose("auto", fake_bundle())


def test_the_faster_card_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Card()
    processor, (name, session, note) = play(monkeypatch, card)
    assert (name, note) == ("tensorrt", "")
    assert session is card.session
    assert processor.session.closed
    assert not card.session.closed


@pytest.mark.parametrize("seconds", [(1.0, 0.95), (1.0, 2.0)])
def test_a_card_must_pay(monkeypatch: pytest.MonkeyPatch, seconds: tuple[float, float]) -> None:
    card = Card()
    processor, (name, session, note) = play(monkeypatch, card, seconds)
    assert (name, note) == ("processor", "")
    assert session is processor.session
    assert card.session.closed
    assert not processor.session.closed


@pytest.mark.parametrize("card", [Card(available=False), Card(compiled=False), Processor()])
def test_what_was_not_compiled_is_not_opened(monkeypatch: pytest.MonkeyPatch, card: Any) -> None:
    processor, (name, session, note) = play(monkeypatch, card)
    assert (name, note) == ("processor", "")
    assert session is processor.session
    assert not getattr(card, "opened", 0)


def test_a_card_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    processor, (name, session, note) = play(monkeypatch, Card(error=RuntimeError("It is full.")))
    assert (name, note) == ("processor", "The model compiled for 'tensorrt' is not used: It is full.")
    assert session is processor.session
    assert not processor.session.closed


def test_a_trial_leaves_no_trace_and_takes_turns() -> None:
    first, second = Session(), Session()
    seconds = enginerace.median_seconds((first, second), (2, 2049))
    assert len(seconds) == 2
    assert min(seconds) > 0
    assert first.steps == second.steps == 0
