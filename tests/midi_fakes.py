"""A control state, a mapping at work on it, and a MIDI system that exists in memory only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rtiass.control.control import Control
from rtiass.control.midi.binding import bind
from rtiass.control.midi.engine import Engine
from rtiass.control.midi.mapping import parse_mapping
from rtiass.control.midi.ports import Callback
from rtiass.control.vocabulary import vocabulary

STEMS = ("vocals", "drums", "bass", "other")


def make_control() -> Control:
    return Control(vocabulary(STEMS, ("mix", "vocals"), True))


def make_engine(text: str, control: Control | None = None) -> Engine:
    control = control or make_control()
    return Engine(control, bind(parse_mapping(text, "map.toml"), control), now=lambda: 0.0)


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.002)
    return condition()


class FakePort:
    def __init__(self, system: FakeSystem, name: str, callback: Callback | None = None) -> None:
        self.system, self.name, self.callback, self.closed = system, name, callback, False

    def send(self, data: bytes) -> None:
        if self.name not in self.system.outs:
            raise OSError("gone")
        with self.system.lock:
            self.system.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True


class FakeSystem:
    """Ports that come and go as the test wants."""

    def __init__(self, *names: str) -> None:
        self.ins, self.outs = list(names), list(names)
        self.sent: list[bytes] = []
        self.opened: list[FakePort] = []
        self.lock = threading.Lock()

    def inputs(self) -> list[str]:
        return list(self.ins)

    def outputs(self) -> list[str]:
        return list(self.outs)

    def open_input(self, name: str, callback: Callback) -> FakePort:
        self.opened.append(FakePort(self, name, callback))
        return self.opened[-1]

    def open_output(self, name: str) -> FakePort:
        return FakePort(self, name)

    def close(self) -> None:
        pass

    def play(self, *messages: bytes) -> None:
        port = self.opened[-1]
        assert port.callback is not None and not port.closed
        for data in messages:
            port.callback(data, time.monotonic())
