"""A stream of 120,000 random bytes and messages: nothing is raised, and nothing moves but what is mapped."""

from __future__ import annotations

import random

from midi_fakes import STEMS, make_control

from rtiass.control.midi.binding import bind
from rtiass.control.midi.engine import Engine
from rtiass.control.midi.library import find_map, load_mapping, ready_maps
from rtiass.control.midi.mapping import parse_mapping

EVERYTHING = """
[[control]]
cc = 7
path = "/stem/1/gain"
takeover = "scale"
[[control]]
cc = 8
path = "/stem/2/gain"
min = -20
max = 0
[[control]]
cc14 = 1
path = "/scene/seconds"
[[control]]
bend = true
path = "/stem/3/gain"
takeover = "jump"
[[control]]
cc = 9
relative = "twos"
path = "/mode"
[[control]]
note = 60
path = "/stem/1/mute"
quantise = "beat"
[[control]]
note = 61
mode = "momentary"
path = "/stem/4/gain"
value = "off"
quantise = "bar"
[[control]]
program = "any"
path = "/scene"
value = ["a", "b"]
[[control]]
note = 62
path = "/song/next"
[[control]]
program = "any"
path = "/song/index"
"""
MAY = {
    "/stem/vocals/gain", "/stem/drums/gain", "/scene/seconds", "/stem/bass/gain", "/mode", "/stem/vocals/mute",
    "/stem/other/gain", "/scene", "/song/next", "/song/index",
}  # fmt: skip


def noise(count: int, seed: int) -> list[bytes]:
    """Whole messages, many of them mapped ones, halves of messages, and plain noise."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.6:
            found.append(
                bytes(
                    (rng.choice((0xB0, 0x90, 0x80, 0xE0)), rng.choice((1, 7, 8, 9, 33, 60, 61, 62)), rng.randrange(128))
                )
            )
        elif kind < 0.7:
            found.append(bytes((0xC0, rng.randrange(128))))
        elif kind < 0.8:
            found.append(bytes((rng.choice((0xF8, 0xF8, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xF2)),)))
        else:
            found.append(rng.randbytes(rng.randrange(6)))
    return found


def test_120000_messages_move_only_what_is_mapped():
    control = make_control()
    engine = Engine(control, bind(parse_mapping(EVERYTHING, "f.toml"), control), now=lambda: 0.0)
    moved = set()

    def heard(change):
        moved.add(change.path)
        assert control.parameter(change.path).check(change.value) == change.value
        if change.path == "/stem/drums/gain":
            assert -20.001 <= change.value <= 0.001

    control.subscribe(heard)
    for number, data in enumerate(noise(120_000, 1)):
        engine.feed(data, number * 0.001)
    engine.quantiser.run(1e9)
    assert sum(engine.counts[kind] for kind in ("cc", "note_on", "note_off", "bend", "program", "clock")) > 80_000
    assert moved == MAY
    assert control.failures == 0
    assert engine.counts["refused"] == 0
    assert len(engine.quantiser) == 0


def test_ready_maps_take_noise_too():
    for name in ready_maps():
        control = make_control()
        binding = bind(load_mapping(find_map(name)), control)
        engine = Engine(control, binding, now=lambda: 0.0)
        may = {bound.parameter.path for bound in binding.controls}
        moved = set()
        control.subscribe(lambda change, moved=moved: moved.add(change.path))
        rng = random.Random(name)
        for _ in range(3000):
            status = rng.choice((0x80, 0x90, 0xB0, 0xC0, 0xE0)) | rng.randrange(16)
            engine.feed(rng.randbytes(rng.randrange(4)) + bytes((status, rng.randrange(128), rng.randrange(128))))
        engine.lost()
        assert moved <= may
        assert moved
        assert control.failures == 0
    assert len(STEMS) == 4
