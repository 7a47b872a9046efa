"""Plays sounds into the live host over JACK and records what comes out; a process of its own.

Run as ``python jack_client.py``; reads a JSON line for each sound: ``sound`` (npy file, (n, 2) float32), ``record`` (npz
file to write), ``outputs`` (number of host outputs to record), ``tail`` (frames recorded beyond the sound), ``freewheel``,
``midi`` (messages to send from a port of its own, each with the sample of the sound that it goes with, in order).
The recorded ``direct`` is the sound as it reached the recorder without the host: the reference in time. Answers with a
JSON line that tells the server's ``xruns`` meanwhile, and says ``{"playing": true}`` before when the sound has begun.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from typing import Any

import jack
import numpy as np

PER_PERIOD = 300
"""Most MIDI messages in a period: a port's buffer holds no more than some thousand bytes."""


class Client:
    """A player and a recorder in the same graph; two clients, so that the direct way costs no period."""

    def __init__(self, outputs: int, midi: bool) -> None:
        self.source = jack.Client("source", no_start_server=True)
        self.sink = jack.Client("sink", no_start_server=True)
        self.plays = [self.source.outports.register(f"out_{i}") for i in range(2)]
        self.hears = [self.sink.inports.register(f"in_{i}") for i in range(outputs + 1)]
        self.sound = np.zeros((0, 2), np.float32)
        self.recorded = np.zeros((outputs + 1, 0), np.float32)
        self.midi = self.source.midi_outports.register("midi") if midi else None
        self.messages: deque[tuple[int, bytes]] = deque()
        self.xruns = 0
        self.start, self.count, self.cycles, self.total = -1, 0, 0, 0
        self.go, self.done = threading.Event(), threading.Event()
        self.source.set_process_callback(self._play)
        self.sink.set_process_callback(self._record)
        self.sink.set_xrun_callback(self._xrun)
        self.source.activate()
        self.sink.activate()

    def _play(self, frames: int) -> None:
        if self.start < 0 and self.go.is_set():
            self.start = 0
        part = self.sound[self.start : self.start + frames] if self.start >= 0 else self.sound[:0]
        for side, port in enumerate(self.plays):
            values = port.get_array()
            values[: len(part)] = part[:, side]
            values[len(part) :] = 0
        if self.midi is not None:
            self._send(self.midi, frames)
        if self.start >= 0:
            self.start += frames

    def _send(self, port: Any, frames: int) -> None:
        port.clear_buffer()
        before, sent = 0, 0
        while self.start >= 0 and self.messages and sent < PER_PERIOD and self.messages[0][0] < self.start + frames:
            at, message = self.messages.popleft()
            before = max(before, at - self.start)
            port.write_midi_event(before, message)
            sent += 1

    def _xrun(self, delay: float) -> None:
        self.xruns += 1

    def _record(self, frames: int) -> None:
        self.cycles += 1
        if not self.go.is_set() or self.done.is_set():
            return
        for row, port in zip(self.recorded, self.hears, strict=True):
            row[self.count : self.count + frames] = port.get_array()
        self.count += frames
        if self.count >= self.total:
            self.done.set()

    def connect(self, host: str) -> None:
        wanted = [(self.plays[0].name, self.hears[0])]
        wanted += [(port.name, f"{host}:in_{side}") for side, port in enumerate(self.plays)]
        wanted += [(f"{host}:out_{c}", port) for c, port in enumerate(self.hears[1:])]
        for source, target in wanted:
            name = target if isinstance(target, str) else target.name
            if name not in [p.name for p in self.source.get_all_connections(source)]:
                self.source.connect(source, name)

    def run(self, order: dict[str, Any]) -> dict[str, Any]:
        self.sound = np.load(order["sound"])
        self.total = len(self.sound) + int(order["tail"])
        self.recorded = np.zeros((len(self.hears), self.total + 8192), np.float32)
        self.messages = deque((at, bytes(message)) for at, message in order.get("midi") or ())
        self.start, self.count = -1, 0
        self.done.clear()
        self.connect(order.get("host", "rtiass"))
        if order["freewheel"]:
            self.source.set_freewheel(True)
        # A new connection carries sound from the next cycle on.
        settled = self.cycles + 8
        while self.cycles < settled:
            time.sleep(0.001)
        print(json.dumps({"playing": True}), flush=True)
        before = self.xruns
        self.go.set()
        finished = self.done.wait(float(order.get("timeout", 60)))
        self.go.clear()
        if order["freewheel"]:
            self.source.set_freewheel(False)
        np.savez(order["record"], direct=self.recorded[0, : self.count], heard=self.recorded[1:, : self.count].T)
        return {"finished": finished, "xruns": self.xruns - before}


def main() -> None:
    client: Client | None = None
    for line in sys.stdin:
        order = json.loads(line)
        if client is None:
            client = Client(int(order["outputs"]), order.get("midi") is not None)
        print(json.dumps(client.run(order)), flush=True)
    if client is not None:
        client.source.deactivate()
        client.sink.deactivate()


if __name__ == "__main__":
    main()
