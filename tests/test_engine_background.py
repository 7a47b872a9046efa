"""The process that compiles and measures beside a show: what it says, at what priority, and that it ends with the host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from building_engine import install_building_engine
from fake_engine import FakeSession
from jack_server import eventually

from rtiass import engine
from rtiass.bundle import load_bundle
from rtiass.engine import Built, EngineError, Probe
from rtiass.engineanswers import FILE, Answer, read_answer, write_answer
from rtiass.enginebackground import lower_priority, work
from rtiass.live.enginework import EngineWork

Messages = list[dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What tells the engine ``building`` what to do."""
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    return install_building_engine(tmp_path, monkeypatch)


@pytest.fixture
def begun(tiny_bundle: Path) -> Iterator[Any]:
    """Start the process with an order for ``building``; gives its messages, as they come."""
    made: list[EngineWork] = []

    def begin() -> tuple[EngineWork, Messages]:
        said: Messages = []
        made.append(EngineWork(said.append))
        made[-1].begin({"model": str(tiny_bundle), "build": "building", "measure": []})
        return made[-1], said

    yield begin
    for one in made:
        one.close()


def builder(folder: Path) -> list[int]:
    """Number of the process that builds, and how nice it wanted to be."""
    assert eventually((folder / "builder").exists, 60) is not None
    return [int(word) for word in (folder / "builder").read_text().split()]


def gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_it_tells_how_far_it_is_and_what_came_of_it(folder: Path, begun: Any, tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    write_answer(bundle, Answer({"onnxruntime": 0.001}, "2026-01-31"))
    process, said = begun()
    number, niceness = builder(folder)
    assert number != os.getpid()
    assert niceness == 19
    assert eventually(lambda: len(said) == 3, 60) is not None
    assert [message["share"] for message in said] == [0.0, 0.2, 0.4], "a share that is the same is not told again"
    assert said[0]["text"] == "Compiling tiny for tests for building"
    (folder / "go").touch()
    assert eventually(lambda: bool(process.result), 60) is not None
    assert said[-1] == process.result == {"type": "done", "engine": "building", "why": ""}
    assert eventually(lambda: gone(number), 20) is not None
    assert read_answer(bundle) is None, "what was measured without it is no answer any more"
    process.begin({})  # once is enough
    assert len(said) == 4


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="Linux's")
def test_the_lowest_priority_is_really_had() -> None:
    with ThreadPoolExecutor(1) as thread:  # which alone is lowered, and ends
        thread.submit(lower_priority).result()
        assert thread.submit(os.sched_getscheduler, 0).result() == os.SCHED_IDLE
        assert thread.submit(os.nice, 0).result() == 19
    assert os.sched_getscheduler(0) != os.SCHED_IDLE


@pytest.mark.parametrize(("fault", "told"), [("raise", "RuntimeError: broken on command"), ("die", "status 9")])
def test_a_failure_is_a_sentence(folder: Path, begun: Any, fault: str, told: str) -> None:
    (folder / "fault").write_text(fault)
    process, said = begun()
    assert eventually(lambda: bool(said), 60) is not None
    assert said[-1]["type"] == "failed" and told in said[-1]["text"]
    assert process.result == {}


def test_closing_ends_it_at_once(folder: Path, begun: Any) -> None:
    process, said = begun()
    number, *_ = builder(folder)
    process.close()
    assert gone(number)
    assert [message for message in said if message["type"] == "failed"] == []
    process.begin({"model": "", "build": "", "measure": []})
    assert gone(number)


HOST = """
import sys, time
from rtiass.live.enginework import EngineWork
work = EngineWork(print)
work.begin({"model": sys.argv[1], "build": "building", "measure": []})
time.sleep(100)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when the library lets go of the lock")
@pytest.mark.parametrize("fault", ["", "hold"])
def test_it_ends_with_a_host_that_is_killed(folder: Path, tiny_bundle: Path, fault: str) -> None:
    (folder / "fault").write_text(fault)
    host = subprocess.Popen([sys.executable, "-c", HOST, str(tiny_bundle)], stdout=subprocess.DEVNULL)
    number, *_ = builder(folder)
    assert not gone(number)
    host.send_signal(signal.SIGKILL)
    host.wait()
    assert eventually(lambda: gone(number), 10) is not None


class Fake:
    """An engine that may have to compile first."""

    def __init__(self, *, refusal: str = "") -> None:
        self.refusal = refusal

    def probe(self) -> Probe:
        return Probe(not self.refusal, self.refusal)

    def open(self, bundle: Any, *, threads: int | None = None) -> FakeSession:
        return FakeSession()


class Compiling(Fake):
    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.compiled, self.broken = 0, broken

    def build(self, bundle: Any, *, progress: Any) -> list[Built]:
        if self.broken:
            raise EngineError("The card is full.")
        progress("it", 0.5)
        self.compiled += 1
        return []

    def built(self) -> list[Built]:
        return []

    def open_compiled(self, bundle: Any, *, threads: int | None = None) -> FakeSession | None:
        return FakeSession() if self.compiled else None


def follow(monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path, **engines: Fake) -> Messages:
    """What is said of an order to measure engines; the last of them is the fastest."""
    monkeypatch.setattr(engine, "engine_names", lambda: list(engines))
    monkeypatch.setattr(engine, "load_engine", lambda name: engines[name])
    said: Messages = []

    def attempt(sessions: Mapping[str, Any], *, seconds: float) -> tuple[dict[str, float], dict[str, str]]:
        assert seconds == 1.0
        return {name: 0.001 / (1 + place) for place, name in enumerate(sessions)}, {}

    order = {"model": str(tiny_bundle), "build": "", "measure": ["first", "card"]}
    work(order, lambda kind, **values: said.append({"type": kind, **values}), attempt)
    return said


def test_what_is_not_compiled_is_compiled_and_then_all_are_measured(
    monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path, folder: Path
) -> None:
    card = Compiling()
    said = follow(monkeypatch, tiny_bundle, first=Fake(), card=card, comparison=Fake())
    assert [m["text"] for m in said[:-1]] == ["Compiling it for card", "Measuring first, card"]
    assert said[-1]["engine"] == "card"
    assert said[-1]["why"].startswith("card keeps 0.50 ms a frame, the fastest here: first 1.00 ms; measured ")
    answer = read_answer(load_bundle(tiny_bundle))
    assert answer is not None and set(answer.seconds) == {"first", "card"}, "an engine for comparison has no place here"
    follow(monkeypatch, tiny_bundle, first=Fake(), card=card)
    assert card.compiled == 1, "what is compiled is not compiled again"


def test_one_that_cannot_be_compiled_is_told_and_the_others_are_measured(
    monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path, folder: Path
) -> None:
    said = follow(monkeypatch, tiny_bundle, first=Fake(), card=Compiling(broken=True))
    assert said[0] == {"type": "note", "text": "card is not tried: The card is full."}
    assert said[-1]["engine"] == "first"
    assert read_answer(load_bundle(tiny_bundle)) is not None, "the next show does not try again"
