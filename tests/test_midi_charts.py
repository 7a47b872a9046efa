"""Ready maps follow their controllers' charts: what is listened to exists, nothing is used twice, lights get charted values."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rtiass.control import Control, vocabulary
from rtiass.control.midi.binding import bind
from rtiass.control.midi.engine import Engine
from rtiass.control.midi.feedback import show
from rtiass.control.midi.library import find_map, load_mapping
from rtiass.control.midi.mapping import ANY
from rtiass.control.midi.messages import BEND, CC, PROGRAM

STEMS = tuple("abcdefgh")
NOTE = "note"
Place = tuple[str, int, int]
"""Kind, channel from 1, and number of a message."""


def places(kind: str, channel: int, *numbers: int) -> frozenset[Place]:
    return frozenset((kind, channel, number) for number in numbers)


@dataclass(frozen=True)
class Chart:
    """What a controller sends and takes.

    Attributes:
        faders: Controls that send positions, in order, the stems' first.
        buttons: Controls that are pressed.
        lights: Values that a light takes, by its message.
        hello: Messages that it understands when it appears.
    """

    faders: list[Place]
    buttons: frozenset[Place]
    lights: dict[Place, set[int]]
    hello: list[str] = field(default_factory=list)


def lit(where: frozenset[Place], *values: int) -> dict[Place, set[int]]:
    return {place: set(values) for place in where}


# The first one's pads know off, green, red and yellow, each also blinking; its round buttons off, on and blinking.
_MINI_PADS, _MINI_ROUND = places(NOTE, 1, *range(64)), places(NOTE, 1, *range(64, 72), *range(82, 90))
# The second one's pads are lit on the channel that is their brightness (7 of 1 to 16: full), with a colour of 128.
_MK2_PADS, _MK2_ROUND = places(NOTE, 1, *range(64)), places(NOTE, 1, *range(100, 108), *range(112, 120))
_KORG = places(CC, 1, *range(32, 40), *range(48, 56), *range(64, 72), *range(41, 47))
_XL = places(NOTE, 9, *range(41, 45), *range(57, 61), *range(73, 77), *range(89, 93), *range(105, 109))
_XL_COLOURS = [16 * green + red + 12 for green in range(4) for red in range(4)]

CHARTS = {
    "generic-8-fader": Chart(
        [(CC, channel, 7) for channel in range(1, 9)],
        places(NOTE, 1, *range(16)) | {(PROGRAM, 1, ANY)},
        lit(places(NOTE, 1, *range(16)), 0, 127)
        | {(CC, channel, 7): set(range(128)) for channel in range(1, 9)},
    ),
    "akai-apc-mini": Chart(
        [(CC, 1, number) for number in range(48, 57)],
        _MINI_PADS | _MINI_ROUND,
        lit(_MINI_PADS, 0, 1, 2, 3, 4, 5, 6) | lit(_MINI_ROUND, 0, 1, 2),
    ),
    "akai-apc-mini-mk2": Chart(
        [(CC, 1, number) for number in range(48, 57)],
        _MK2_PADS | _MK2_ROUND,
        lit(places(NOTE, 7, *range(64)), 0, 5, 13, 21) | lit(_MK2_ROUND, 0, 1, 2),
    ),
    "korg-nanokontrol2": Chart(
        [(CC, 1, number) for number in (*range(8), *range(16, 24))],
        _KORG | places(CC, 1, *range(58, 63)),
        lit(_KORG, 0, 127),
    ),
    "novation-launch-control-xl": Chart(
        [(CC, 9, number) for number in (*range(77, 85), *range(13, 21), *range(29, 37), *range(49, 57))],
        _XL | places(CC, 9, *range(104, 108)),
        lit(_XL, *_XL_COLOURS),
        hello=["f0002029021177" + "08" + "f7"],  # go to template 8, the first of the factory's
    ),
    "mackie-control": Chart(
        [(BEND, channel, 0) for channel in range(1, 10)],
        places(NOTE, 1, *range(32), *range(91, 96)) | places(CC, 1, *range(16, 24)),
        lit(places(NOTE, 1, *range(32), *range(91, 96)), 0, 127)
        | {(BEND, channel, 0): set(range(128)) for channel in range(1, 10)},
    ),
}  # fmt: skip


def control() -> Control:
    return Control(vocabulary(STEMS, ("mix", "second"), True))


def place_of(data: bytes) -> tuple[Place, int]:
    """Message and value of bytes that are sent to a controller; a note-off is a note with 0."""
    kind, channel = data[0] & 0xF0, (data[0] & 0x0F) + 1
    if kind == 0xE0:
        return (BEND, channel, 0), data[2]
    return (CC if kind == 0xB0 else NOTE, channel, data[1]), data[2] if kind != 0x80 else 0


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_map_listens_to_what_the_controller_has_and_to_nothing_twice(name: str) -> None:
    chart, mapping = CHARTS[name], load_mapping(find_map(name))
    heard = [(e.input.kind, e.input.channel, max(e.input.number, 0) if e.input.kind == BEND else e.input.number)
             for e in mapping.entries]  # fmt: skip
    assert set(heard) <= set(chart.faders) | chart.buttons
    assert len(set(heard)) == len(heard)
    assert [data.hex() for data in mapping.hello] == chart.hello
    goals = [(entry.path, entry.value) for entry in mapping.entries]
    assert len(set(goals)) == len(goals)


@pytest.mark.parametrize("name", list(CHARTS))
def test_the_first_eight_faders_are_the_stems_and_everything_is_bound(name: str) -> None:
    chart, state = CHARTS[name], control()
    binding = bind(load_mapping(find_map(name)), state)
    engine = Engine(state, binding)
    for (kind, channel, number), stem in zip(chart.faders, STEMS, strict=False):
        # Down, then up past the fader's place: a fader without a motor is picked up on the way.
        for value in (0, 127):
            first = 0xE0 if kind == BEND else 0xB0
            engine.feed(bytes((first | channel - 1, value if kind == BEND else number, value)))
        assert state.get(f"/stem/{stem}/gain") == 12.0
    assert [text for text in binding.idle if "/record" not in text] == []


@pytest.mark.parametrize("name", list(CHARTS))
def test_lights_get_charted_values_on_messages_of_their_own(name: str) -> None:
    chart, state = CHARTS[name], control()
    binding = bind(load_mapping(find_map(name)), state)
    engine = Engine(state, binding)
    used: list[Place] = []
    for shown in engine.states:
        parameter = shown.bound.parameter
        values = (0.0, 1.0) if parameter.kind in ("switch", "level") else [*range(len(parameter.choices))]
        sent = [place_of(d) for value in values for d in show(shown, parameter.check(value), 0.0)]
        for place, value in sent:
            assert place in chart.lights and value in chart.lights[place], (shown.bound.entry.name, place, value)
        if parameter.kind in ("switch", "choice") and sent:
            assert len({value for _, value in sent}) == 2, f"{shown.bound.entry.name} looks the same on and off"
        used += {place for place, _ in sent}
    for activity in (sender.activity for sender in binding.senders):
        kind, number = (NOTE, activity.note) if activity.note != ANY else (CC, activity.cc)
        place = (kind, activity.channel, number)
        assert place in chart.lights
        assert activity.velocity in chart.lights[place] or (kind == CC and activity.lamp)
        used.append(place)
    assert len(set(used)) == len(used)
