"""Controllers over a real MIDI system: JACK's ports are found, lost, found again; a flood arrives whole and in order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jack_server import JackServer, needs_jack
from midi_fakes import eventually, make_control

from rtiass.control.midi.mapping import parse_mapping
from rtiass.control.midi.ports import RtMidiSystem
from rtiass.control.midi.surface import MidiSurface

pytestmark = pytest.mark.jack
HERE = Path(__file__).parent
MAP = """
ports = ["bench*"]
[[control]]
cc = 7
path = "/stem/vocals/gain"
takeover = "jump"
[[control]]
note = 1
path = "/stem/vocals/mute"
"""


class Bench:
    """A controller made of software, in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "jack_midi_client.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ask({})

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def play(self, *messages: tuple[int, ...]) -> None:
        self.ask({"play": messages})

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    needs_jack()
    pytest.importorskip("rtmidi")
    made = JackServer(block=256)
    for name, value in {**made.environment, "RTIASS_MIDI": "jack"}.items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


def test_flood_feedback_and_hot_plug(server: JackServer) -> None:
    control = make_control()
    moves: list[Any] = []
    control.subscribe(lambda change: moves.append(change.value))
    system = RtMidiSystem()
    bench = Bench()
    with MidiSurface(control, parse_mapping(MAP, "m.toml"), system, look_every=0.05) as surface:
        assert eventually(lambda: surface.input is not None and surface.output is not None, 20)
        flood = [(0xB0, 7, (number * 41) % 128) for number in range(3000)]
        bench.play(*flood)
        assert eventually(lambda: surface.engine.counts["cc"] >= 3000, 30)
        level = control.parameter("/stem/vocals/gain")
        assert moves == [level.at(value / 127) for _, _, value in flood]

        control.set("/stem/vocals/mute", True, "test")
        assert eventually(lambda: [0x90, 1, 127] in bench.ask({"heard": True})["heard"], 20)

        bench.close()
        assert eventually(lambda: surface.input is None and surface.output is None, 20)
        bench = Bench()
        assert eventually(lambda: surface.input is not None and surface.output is not None, 20)
        bench.play((0xB0, 7, 0))
        assert eventually(lambda: control.get("/stem/vocals/gain") == -60.0, 20)
        assert eventually(lambda: [0x90, 1, 127] in bench.ask({"heard": True})["heard"], 20)
        bench.close()
    system.close()
    assert surface.failures == 0
