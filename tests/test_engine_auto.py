"""``auto`` takes what was measured to be the fastest here, says why, and never keeps playing waiting for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeSession, fake_bundle

from rtiass import engine, enginechoice
from rtiass.bundle import load_bundle
from rtiass.engine import Built, EngineError, Probe, choose, choose_with_reason
from rtiass.engineanswers import FILE, Answer, read_answer, write_answer
from rtiass.enginechoice import measure, remembered


class Fake:
    """An engine that opens, or says why not."""

    def __init__(self, *variants: str, refusal: str = "") -> None:
        self.name = "fake"
        self._variants, self._refusal = variants, refusal
        self.opened: list[int | None] = []

    def variants(self) -> list[str]:
        return list(self._variants)

    def probe(self) -> Probe:
        return Probe(not self._refusal, self._refusal or "CPU")

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        self.opened.append(threads)
        return FakeSession()


class Card(Fake):
    """An engine that compiles; opening what was not compiled fails the test, for it would take minutes."""

    def __init__(self, *, compiled: bool, refusal: str = "") -> None:
        super().__init__(refusal=refusal)
        self.compiled = compiled

    def build(self, bundle: Any, **options: Any) -> list[Built]:
        raise AssertionError("nobody asked for it")

    def built(self) -> list[Built]:
        return []

    def open_compiled(self, bundle: Any, *, threads: int | None = None) -> FakeSession | None:
        return super().open(bundle, threads=threads) if self.compiled else None

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        assert self.compiled, "it was compiled while playing waits"
        return super().open(bundle, threads=threads)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of answers of this test."""
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    return tmp_path / "speeds.json"


def install(monkeypatch: pytest.MonkeyPatch, **engines: Fake) -> None:
    """Register engines in this order of preference."""
    monkeypatch.setattr(engine, "engine_names", lambda: [name for name in engines if "_" not in name])
    monkeypatch.setattr(engine, "load_engine", lambda name: engines[name.replace(":", "_")])


def given(**seconds: float) -> None:
    write_answer(fake_bundle(), Answer({k.replace("_", ":"): v for k, v in seconds.items()}, "2026-01-31"))


def never(*arguments: Any, **more: Any) -> Any:
    pytest.fail("measured while playing waits")


def test_what_is_clearly_faster_is_taken_and_the_reason_told(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake(), third=Fake())
    given(first=0.001, second=0.0004, third=0.005)
    choice = choose_with_reason("auto", fake_bundle())
    assert (choice.name, choice.note) == ("second", "")
    assert choice.why == (
        "second keeps 0.40 ms a frame, the fastest here: first 1.00 ms, third 5.00 ms; measured 2026-01-31"
    )
    assert choose("auto", fake_bundle())[0] == "second"


def test_what_is_hardly_faster_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    given(first=0.001, second=0.0009)
    choice = choose_with_reason("auto", fake_bundle())
    assert choice.name == "first"
    assert "none is clearly faster: second 0.90 ms" in choice.why


def test_a_variant_can_be_the_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake("cuda"), first_cuda=Fake())
    given(first=0.001, first_cuda=0.0004)
    assert choose_with_reason("auto", fake_bundle()).name == "first:cuda"


def test_nothing_is_measured_while_playing_waits(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    first, second = Fake(), Fake()
    install(monkeypatch, first=first, second=second)
    monkeypatch.setattr("rtiass.enginetrial.try_paced", never)
    monkeypatch.setattr(enginechoice, "measure", never)
    choice = choose_with_reason("auto", fake_bundle(), 1)
    assert (choice.name, choice.note) == ("first", "")
    assert "not measured here: rtiass engines measure fake" in choice.why
    assert (first.opened, second.opened) == ([1], []), "no other engine is touched"
    assert not file.exists()


def test_an_engine_that_was_asked_for_needs_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    given(first=0.001, second=0.0001)
    choice = choose_with_reason("first", fake_bundle())
    assert (choice.name, choice.why) == ("first", "")


def test_if_the_fastest_fails_today_another_takes_over_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake(refusal="The driver is gone."))
    given(first=0.001, second=0.0001)
    choice = choose_with_reason("auto", fake_bundle())
    assert (choice.name, choice.why) == ("first", "")
    assert choice.note == "Fell back to 'first': second: The driver is gone."


def test_nobody_waits_for_a_network_to_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    second = Card(compiled=False)
    install(monkeypatch, first=Fake(), second=second)
    given(first=0.001, second=0.0001)
    choice = choose_with_reason("auto", fake_bundle())
    assert choice.name == "first"
    assert "not compiled for it yet: rtiass engines build fake" in choice.note
    assert second.opened == []
    install(monkeypatch, first=Fake(), second=Card(compiled=True))
    assert choose("auto", fake_bundle())[0] == "second"


def test_what_is_not_compiled_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    second = Card(compiled=False)
    install(monkeypatch, first=Fake(), second=second, third=Card(compiled=False, refusal="No card."))
    verdict, _ = measure(fake_bundle(), attempt=trial(first=0.002))
    assert "rtiass engines build fake, and then rtiass engines measure fake" in verdict.refused["second"]
    assert verdict.refused["third"] == "No card.", "what can't run at all need not be compiled"
    assert second.opened == []


def test_what_is_compiled_is_measured_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    second = Card(compiled=True)
    install(monkeypatch, first=Fake(), second=second)
    verdict, _ = measure(fake_bundle(), attempt=trial(first=0.002, second=0.001))
    assert (verdict.engine, second.opened) == ("second", [1])


def test_a_file_can_only_name_engines_that_are_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    given(first=0.001, evil=0.0001)
    assert remembered(fake_bundle()).engine == ""
    assert choose("auto", fake_bundle())[0] == "first"


def test_a_machine_that_cannot_be_described_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake())
    given(first=0.001)
    monkeypatch.setattr("rtiass.machine.machine", lambda: 1 / 0)
    assert choose("auto", fake_bundle())[0] == "first"


def trial(**figures: float) -> Any:
    """A measurement that gives these figures, for the sessions that it gets."""

    def attempt(sessions: Mapping[str, Any], *, seconds: float) -> tuple[dict[str, float], dict[str, str]]:
        assert seconds == 1.0
        return {name: figures[name.replace(":", "_")] for name in sessions}, {}

    return attempt


def test_all_that_can_run_is_measured_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    first, cuda, second = Fake("cuda"), Fake(), Fake()
    install(monkeypatch, first=first, first_cuda=cuda, second=second, third=Fake(refusal="No card. Buy one."))
    told: list[str] = []
    attempt = trial(first=0.002, first_cuda=0.001, second=0.003)
    verdict, answer = measure(fake_bundle(), tell=told.append, attempt=attempt)
    assert told == ["first", "first:cuda", "second", "third"]
    assert verdict.engine == "first:cuda"
    assert verdict.refused == {"third": "No card. Buy one."}
    assert first.opened == cuda.opened == second.opened == [1], "one thread, as live"
    assert answer == read_answer(fake_bundle())
    assert remembered(fake_bundle()).engine == "first:cuda"
    assert remembered(fake_bundle()).why == verdict.why


def test_measuring_again_replaces_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake(), second=Fake())
    measure(fake_bundle(), attempt=trial(first=0.002, second=0.001))
    assert remembered(fake_bundle()).engine == "second"
    measure(fake_bundle(), attempt=trial(first=0.001, second=0.001))
    assert remembered(fake_bundle()).engine == "first"


def test_plug_ins_that_break_are_told_and_the_others_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, first=Fake())
    monkeypatch.setattr(engine, "engine_names", lambda: ["broken", "first"])
    verdict, _ = measure(fake_bundle(), attempt=trial(first=0.002))
    assert verdict.engine == "first"
    assert "the only one that can run here" in verdict.why
    assert "broken" in verdict.refused


def test_where_none_can_run_it_is_an_error_and_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    install(monkeypatch, first=Fake(refusal="No card."))
    with pytest.raises(EngineError, match=r"first: No card\. Run 'rtiass engines'"):
        measure(fake_bundle(), attempt=trial())
    assert not file.exists()


def test_what_cannot_be_remembered_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, first=Fake())
    (tmp_path / "taken").touch()
    verdict, _ = measure(fake_bundle(), attempt=trial(first=0.002), file=tmp_path / "taken" / "speeds.json")
    assert "not remembered" in verdict.note


def test_the_real_engine_is_measured(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "engine_names", lambda: ["onnxruntime"])
    bundle = load_bundle(tiny_bundle)
    verdict, answer = measure(bundle, seconds=0.1)
    assert verdict.engine == "onnxruntime"
    assert 0 < answer.seconds["onnxruntime"] < 60
    choice = choose_with_reason("auto", bundle, 1)
    assert choice.why == verdict.why
    choice.session.close()
