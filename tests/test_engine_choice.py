"""``auto`` passes over engines that fail in any way, and says in the end what was wrong."""

from __future__ import annotations

from typing import Any

import pytest
from fake_engine import FakeSession, fake_bundle

from rtiass import engine
from rtiass.bundle import BundleError
from rtiass.engine import EngineError, Probe, choose
from rtiass.errors import UserError


class Stub:
    """An engine that opens, or raises."""

    def __init__(self, error: Exception | None = None, *, at_probe: bool = False) -> None:
        self.name = "stub"
        self._error = error
        self._at_probe = at_probe

    def probe(self) -> Probe:
        if self._error is not None and self._at_probe:
            raise self._error
        return Probe(True, "CPU")

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        if self._error is not None:
            raise self._error
        return FakeSession()


def install(monkeypatch: pytest.MonkeyPatch, *engines: Stub) -> None:
    names = {f"e{i}": e for i, e in enumerate(engines)}
    monkeypatch.setattr(engine, "engine_names", lambda: list(names))
    monkeypatch.setattr(engine, "load_engine", lambda name: names[name])


@pytest.mark.parametrize(
    "first",
    [
        Stub(UserError("The driver is too old.")),
        Stub(BundleError("The graph is odd.")),
        Stub(ZeroDivisionError("by zero")),
        Stub(OSError("no library"), at_probe=True),
    ],
)
def test_another_engine_takes_over_with_a_note(monkeypatch: pytest.MonkeyPatch, first: Stub) -> None:
    install(monkeypatch, first, Stub())
    name, session, note = choose("auto", fake_bundle())
    assert name == "e1"
    assert isinstance(session, FakeSession)
    assert note.startswith("Fell back to 'e1': e0: ")
    assert str(first._error) in note


def test_if_none_can_all_reasons_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Stub(UserError("The driver is too old.")), Stub(ZeroDivisionError("by zero")))
    with pytest.raises(EngineError, match=r"e0: The driver is too old\. e1: It failed \(ZeroDivisionError: by zero\)"):
        choose("auto", fake_bundle())


def test_a_bad_bundle_is_told_as_the_first_engine_found_it(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Stub(UserError("No GPU.")), Stub(BundleError("It is cut.")), Stub(BundleError("No weights.")))
    with pytest.raises(BundleError, match=r"^It is cut\.$"):
        choose("auto", fake_bundle())


@pytest.mark.parametrize("at_probe", [False, True])
def test_the_engine_asked_for_fails_in_a_sentence(monkeypatch: pytest.MonkeyPatch, at_probe: bool) -> None:
    install(monkeypatch, Stub(ZeroDivisionError("by zero"), at_probe=at_probe), Stub())
    with pytest.raises(EngineError, match=r"^The engine 'e0' can't run here: It failed .*by zero.*\.$"):
        choose("e0", fake_bundle())
