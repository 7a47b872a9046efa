"""Three thousand messages of all kinds in one burst over JACK: all arrive, in order, and the sound misses nothing."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import Messages, eventually, make_rig  # noqa: F401 - a fixture
from quiet import Count, check_undisturbed

from rtiass.control import Control
from rtiass.control.midi.binding import bind
from rtiass.control.midi.engine import Engine
from rtiass.control.midi.mapping import parse_mapping
from rtiass.control.midi.surface import MidiSurface

pytestmark = pytest.mark.jack
pytest.importorskip("rtmidi", reason="python-rtmidi is not installed (pip install 'rtiass[midi]')")

MAP = """
ports = ["source*"]
takeover = "jump"
feedback = false
channel = 1
[[control]]
cc = 7
path = "/stem/vocals/gain"
[[control]]
cc14 = 1
path = "/stem/drums/gain"
[[control]]
bend = true
path = "/stem/bass/gain"
[[control]]
cc = 16
relative = "twos"
path = "/bus/mix/gain"
[[control]]
note = 60
path = "/stem/vocals/mute"
[[control]]
note = 61
path = "/stem/drums/solo"
mode = "momentary"
[[control]]
program = "any"
path = "/policy"
"""
COUNT = 3000
SECONDS = 2.0
BURST = 44100 // 2


def burst(seed: int) -> list[list[int]]:
    """Messages of all kinds in a random order; the two parts of a 14-bit value stay together."""
    rng = random.Random(seed)
    found: list[list[int]] = []
    while len(found) < COUNT:
        value, fine = rng.randrange(128), rng.randrange(128)
        found += rng.choice([
            [[0xB0, 7, value]],
            [[0xB0, 1, value], [0xB0, 33, fine]],
            [[0xE0, fine, value]],
            [[0xB0, 16, rng.choice([1, 2, 126, 127])]],
            [[0x90, 60, 1 + value % 127], [0x80, 60, 0]],
            [[0x90, 61, 100]],
            [[0x90, 61, 0]],
            [[0xC0, value % 4]],
            [[0xB0, 99, value]],  # nobody's
        ])  # fmt: skip
    return found[:COUNT]


def expected(control: Control, messages: list[list[int]]) -> tuple[list[tuple[str, Any]], Counter[str]]:
    """Changes that the same messages make one by one, in a state like this one, with no JACK between."""
    twin = Control(control.parameters)
    twin.set_many(control.snapshot(scene=False), "start")
    changes: list[tuple[str, Any]] = []
    twin.subscribe(lambda change: changes.append((change.path, change.value)))
    engine = Engine(twin, bind(parse_mapping(MAP, "m.toml"), twin))
    for message in messages:
        engine.feed(bytes(message))
    return changes, engine.counts


def test_a_burst_arrives_in_order_and_the_sound_misses_nothing(make_rig: Any, monkeypatch: Any) -> None:  # noqa: F811
    monkeypatch.setenv("RTIASS_MIDI", "jack")
    rig = make_rig(block=512)
    host = rig.host(freewheel=False, mask_delay=1)
    sound = music(int(SECONDS * 44100), seed=7)
    rig.play(sound[:4000], freewheel=False, midi=[])  # from here on there is a port
    changes: list[tuple[str, Any]] = []
    host.control.subscribe(
        lambda change: changes.append((change.path, change.value)) if change.source != "host" else None
    )
    seeds = iter(range(100))

    def missed() -> int:
        return int(host.state.get("underruns")) + int(host.state.get("lost_input"))

    def quiet() -> Count:
        before = missed()
        rig.play(sound, freewheel=False, midi=[])
        return missed() - before, rig.xruns

    def flooded() -> Count:
        messages = burst(next(seeds))
        # A fresh engine for each burst: what buttons are held is a part of its state.
        with MidiSurface(host.control, parse_mapping(MAP, "m.toml"), look_every=0.05) as surface:
            assert eventually(lambda: surface.input is not None, 20) is not None
            wanted, counts = expected(host.control, messages)
            changes.clear()
            before = missed()
            timed: Messages = [(BURST, message) for message in messages]
            heard = rig.play(sound, freewheel=False, midi=timed)
            found = missed() - before
            eventually(lambda: surface.engine.counts == counts, 30)
            assert surface.engine.counts == counts
            assert changes == wanted
            assert surface.failures == 0 and host.control.failures == 0
        assert np.isfinite(heard).all() and host.status.restarts == 0
        return found, rig.xruns

    check_undisturbed(flooded, quiet)
