"""What goes on with engines beside the sound is told at every step: status, notes, screen and plain lines."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rtiass.live import screen
from rtiass.live.enginechange import told
from rtiass.live.enginework import EngineWork, follow
from rtiass.live.handover import Event
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions
from rtiass.live.status import ENDED, LOST, PLAYING, Status

START = Status(PLAYING, about={"engine": "first", "engine_why": "the first"})
RESULT = {"type": "done", "engine": "card", "why": "card keeps 0.10 ms a frame"}


def after(*messages: dict[str, Any], result: dict[str, Any] | None = None) -> Status:
    status = START
    for message in messages:
        status = follow(status, message, result)
    return status


def test_progress_comes_and_goes_and_is_no_note() -> None:
    compiling = {"type": "progress", "text": "Compiling band for card", "share": 0.4}
    assert after(compiling).work == "Compiling band for card (40 %)"
    measuring = {"type": "progress", "text": "Measuring first, card", "share": None}
    assert after(compiling, measuring).work == "Measuring first, card"
    assert after(compiling, RESULT).work == "card is warmed up"
    assert after(compiling, RESULT).notes == ()


def test_another_engine_is_named_once_it_is_heard() -> None:
    heard = {"type": "engine", "engine": "card", "text": "card took over."}
    status = after(RESULT, heard, result=RESULT)
    assert status.about == {"engine": "card", "engine_why": "card keeps 0.10 ms a frame"}
    assert (status.notes, status.work) == (("card took over.",), "")
    back = follow(status, {"type": "engine", "engine": "first", "text": "card failed."}, RESULT)
    assert back.about == {"engine": "first", "engine_why": ""}
    assert back.notes == ("card took over.", "card failed.")


def test_if_it_does_not_take_over_all_stays() -> None:
    status = after(RESULT, {"type": "engine", "engine": "first", "text": "card does not take over."}, result=RESULT)
    assert (status.about, status.work) == (START.about, "")
    assert status.notes == ("card does not take over.",)


def test_if_the_one_that_plays_is_the_fastest_that_is_said() -> None:
    status = after({"type": "done", "engine": "first", "why": "first keeps 0.10 ms a frame"})
    assert status.about["engine_why"] == "first keeps 0.10 ms a frame"
    assert status.notes == ("first goes on: first keeps 0.10 ms a frame.",)


def test_a_failure_is_a_note_and_playing_goes_on() -> None:
    status = after({"type": "failed", "text": "The card is full."})
    assert status.notes == ("No other engine takes over. The card is full. first goes on.",)
    assert (status.phase, status.work) == (PLAYING, "")


def test_the_child_is_told_only_what_is_news_to_it() -> None:
    work = EngineWork(lambda message: None)
    assert work.order(START) == "", "nothing is known yet"
    work.result = RESULT
    assert work.order(START) == '{"engine": "card"}'
    assert work.order(Status(LOST, about=START.about)) == "", "a new child is told when it plays"
    assert work.order(Status(PLAYING, about={"engine": "card"})) == ""


def test_it_is_on_the_screen_and_in_plain_lines(
    tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = LiveHost(LiveOptions(model=str(tiny_bundle)))
    about = {"engine": "first", "model": "tiny", "outputs": 2, "output": "x", "api": "y", "rate": 44100, "block": 64}
    playing = Status(PLAYING, about=about)
    work = [replace(playing, work=f"Compiling tiny for card ({share} %)") for share in (0, 40, 80)]
    stages = iter([*work, replace(playing, work="card is warmed up"), replace(playing, phase=ENDED)])
    host.state.put("device_rate", 44100.0)
    host._status = work[1]
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(screen.picture(host, 0))
    assert "Compiling tiny for card (40 %)" in console.export_text()
    assert screen.line(host).endswith(" | Compiling tiny for card (40 %)")
    host._status = playing
    monkeypatch.setattr(screen.time, "sleep", lambda seconds: setattr(host, "_status", next(stages)))
    assert screen._run_lines(host) == 0
    host.close()
    lines = [line for line in capsys.readouterr().out.splitlines() if "card" in line]
    assert lines == ["Compiling tiny for card (0 %)", "card is warmed up"], "a share alone is no news"


def test_events_are_sentences() -> None:
    figures = {"card": 0.0002, "first": 0.0009}
    assert told(Event("card"), figures, "20:14:05") == (
        "card took over at 20:14:05: it keeps 0.20 ms a frame, first 0.90 ms."
    )
    assert told(Event("first", "card", "CudaError: gone"), figures, "20:15:00") == (
        "card failed at 20:15:00 (CudaError: gone); first plays."
    )
