"""The loop-back measures any latency, also one that is longer than the usual time from burst to burst."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from bench_rows import paced

from rtiass.bench.compute import Times
from rtiass.bench.jackprobe import EVERY, Probe, cycle
from rtiass.bench.results import LoopRow
from rtiass.bench.run import Plan, run
from rtiass.errors import UserError
from rtiass.live.loopback import BURST

BLOCK = 256


class Port:
    def __init__(self) -> None:
        self.sound = np.zeros(BLOCK, np.float32)

    def get_array(self) -> np.ndarray:
        return self.sound


class Ports(list[Port]):
    def register(self, name: str) -> Port:
        self.append(Port())
        return self[-1]


class Server(ModuleType):
    """Stands in for the package jack: what the first client plays, the second hears at once, and late by ``delay``."""

    def __init__(self, delay: int) -> None:
        super().__init__("jack")
        self.delay, self.clients, self.ending = delay, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def Client(self, name: str, **options: Any) -> Client:
        self.clients.append(Client(self))
        return self.clients[-1]

    def run(self) -> None:
        source, sink = self.clients
        line = np.zeros(80_000, np.float32)
        while not self.ending.is_set():
            source.process(BLOCK)
            line = np.concatenate([line[BLOCK:], source.outports[0].sound])
            sink.inports[0].sound = source.outports[0].sound
            begin = len(line) - BLOCK - self.delay
            sink.inports[1].sound = line[begin : begin + BLOCK]
            sink.process(BLOCK)
            time.sleep(0)


class Client:
    def __init__(self, server: Server) -> None:
        self.server, self.inports, self.outports = server, Ports(), Ports()

    def set_process_callback(self, process: Any) -> None:
        self.process = process

    def activate(self) -> None:
        pass

    def connect(self, *_: object) -> None:
        if not self.server.thread.is_alive():
            self.server.thread.start()

    def deactivate(self) -> None:
        self.server.ending.set()
        self.server.thread.join()

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("delay", "told"), [(768, 768), (4608, 4608), (EVERY, EVERY), (16996, 16996), (16996, 16384), (70000, 70000)]
)
def test_what_the_host_takes_is_measured_whatever_it_tells(
    delay: int, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jack", Server(delay))
    with Probe() as probe:
        assert probe.delay(told) == delay


def test_one_probe_measures_long_and_short_ones_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(0)
    monkeypatch.setitem(sys.modules, "jack", server)
    with Probe() as probe:
        for delay in (768, 20000, 2304, 40000, 512):
            server.delay = delay
            assert probe.delay(delay) == delay


def test_a_burst_and_its_echo_fit_between_two_bursts() -> None:
    for latency in range(0, 100_000, 371):
        assert cycle(latency) >= latency + BURST
    assert cycle(4608) == EVERY


@pytest.fixture
def loop_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[LoopRow]]:
    """Rows that the loop-back finds, in a run in which nothing else is measured."""
    rows: list[LoopRow] = []

    class NoServer:
        pid, block = 1, 64

        def __init__(self, block: int) -> None:
            pass

        def __enter__(self) -> NoServer:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def unplayed(*_: object, **__: object) -> None:
        raise UserError("Nothing is played here.")

    def compute(*_: object, **__: object) -> Iterator[tuple[Any, Times]]:
        yield paced("live"), Times(0.1, 0.1, 0.1, [0.001], [0.001], [0.001])

    monkeypatch.setattr("rtiass.bench.run.JackServer", NoServer)
    monkeypatch.setattr("rtiass.bench.run.play", unplayed)
    monkeypatch.setattr("rtiass.bench.run.compute", compute)
    monkeypatch.setattr("rtiass.bench.run.loopbacks", lambda *_: iter(rows))
    yield rows


def test_a_loop_back_that_differs_or_finds_nothing_has_failed(loop_rows: list[LoopRow], tiny_bundle: Path) -> None:
    loop_rows += [LoopRow("live", 64, 256, 2368, 2368), LoopRow("ultra", 64, 256, 832, 833)]
    loop_rows += [LoopRow("instant", 64, 256, 576, None)]
    plan = Plan(models=(str(tiny_bundle),), modes=("live",), live_seconds=0.1, jack_dummy=True, starts=False)
    report = run(plan).report
    assert report.loopback == loop_rows
    assert report.failed[1:] == ["loop-back, blocks of 64, ultra", "loop-back, blocks of 64, instant"]
    assert report.reasons[1:] == [
        "loop-back, blocks of 64, ultra: the host tells 832 samples, and measured was 833 samples.",
        "loop-back, blocks of 64, instant: the host tells 576 samples, and measured was nothing clear.",
    ]
