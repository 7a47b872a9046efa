"""Plays into the live host over JACK and keeps what comes out; a process of its own, started by ``soak.py``.

Takes one line of JSON: ``sound`` (npy file, (n, 2) float32, played in a loop), ``heard`` (file to write: rows of the
direct way and of ``outputs`` host outputs, float32), ``outputs``, ``freewheel``, ``seconds``, ``midi`` (whether faders
are moved by MIDI too). Says ``{"playing": true}`` when the sound has begun, then, at the end, what it counted. A line
on standard input ends it before its time.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import jack
import numpy as np

RING = 1 << 19
RATE = 44100
MIDI_EVERY = 7
"""Periods between two messages of each knob."""


class Player:
    """A source and a sink in one graph: in each cycle first the one, then the host, then the other."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.source = jack.Client("source", no_start_server=True)
        self.sink = jack.Client("sink", no_start_server=True)
        self.plays = [self.source.outports.register(f"out_{i}") for i in range(2)]
        self.hears = [self.sink.inports.register(f"in_{i}") for i in range(int(order["outputs"]) + 1)]
        self.knobs = self.source.midi_outports.register("midi") if order["midi"] else None
        sound = np.load(order["sound"])
        self.length = len(sound)
        self.sound = np.ascontiguousarray(np.concatenate([sound, sound[:8192]]).T)
        self.freewheel = bool(order["freewheel"])
        self.total = int(float(order["seconds"]) * RATE)
        self.ring = np.zeros((RING, len(self.hears)), np.float32)
        self.at, self.cycles, self.stored, self.written = -1, 0, 0, 0
        self.xruns, self.overflow, self.messages = 0, 0, 0
        self.go = threading.Event()
        self.source.set_process_callback(self._play)
        self.sink.set_process_callback(self._keep)
        self.sink.set_xrun_callback(self._xrun)
        self.source.activate()
        self.sink.activate()

    def _play(self, frames: int) -> None:
        if self.at < 0 and self.go.is_set():
            self.at = 0
        begin = self.at % self.length
        for side, port in enumerate(self.plays):
            values = port.get_array()
            if self.at >= 0:
                values[:] = self.sound[side, begin : begin + frames]
            else:
                values[:] = 0
        if self.knobs is not None:
            self.knobs.clear_buffer()
            if self.at >= 0 and self.cycles % MIDI_EVERY == 0:
                turn = self.cycles // MIDI_EVERY
                for knob, speed in ((7, 3), (8, 5)):
                    way = turn * speed % 256
                    self.knobs.write_midi_event(knob, (0xB0, knob, way if way < 128 else 255 - way))
                    self.messages += 1
        if self.at >= 0:
            self.at += frames

    def _keep(self, frames: int) -> None:
        self.cycles += 1
        if self.at < 0:
            return
        while self.freewheel and self.stored + frames - self.written > RING:
            time.sleep(0.001)
        if self.stored + frames - self.written > RING:
            self.overflow += 1
            return
        start = self.stored % RING  # periods are powers of two
        for channel, port in enumerate(self.hears):
            self.ring[start : start + frames, channel] = port.get_array()
        self.stored += frames

    def _xrun(self, delay: float) -> None:
        self.xruns += 1

    def connect(self) -> None:
        """Both ways: through the host, and past it."""
        # With MIDI over JACK too the host's audio has a number behind its name.
        host = self.source.get_ports("rtiass.*:out_0$", is_audio=True)[0].name.partition(":")[0]
        self.source.connect(self.plays[0], self.hears[0])
        for side, port in enumerate(self.plays):
            self.source.connect(port.name, f"{host}:in_{side}")
        for channel, port in enumerate(self.hears[1:]):
            self.source.connect(f"{host}:out_{channel}", port)

    def run(self, file: Any, ending: threading.Event) -> None:
        """Play until the time is over, writing what was heard."""
        settled = self.cycles + 8
        while self.cycles < settled:
            time.sleep(0.001)
        if self.freewheel:
            self.source.set_freewheel(True)
        self.go.set()
        say(playing=True)
        while self.written < self.total and not ending.is_set():
            self.write(file)
            time.sleep(0.005 if self.freewheel else 0.1)
        if self.freewheel:
            self.source.set_freewheel(False)
            time.sleep(0.2)
        self.write(file)

    def write(self, file: Any) -> None:
        """Empty the ring into a file."""
        while self.written < self.stored:
            start = self.written % RING
            some = min(self.stored - self.written, RING - start)
            file.write(self.ring[start : start + some])
            self.written += some


def say(**values: object) -> None:
    print(json.dumps(values), flush=True)


def main() -> None:
    order = json.loads(sys.stdin.readline())
    player = Player(order)
    player.connect()
    ending = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), ending.set()), daemon=True).start()
    with Path(order["heard"]).open("wb", buffering=0) as file:
        player.run(file, ending)
    say(xruns=player.xruns, overflow=player.overflow, messages=player.messages, frames=player.written)
    player.source.deactivate()
    player.sink.deactivate()


if __name__ == "__main__":
    main()
