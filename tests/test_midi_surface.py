"""A controller at work: bursts in order, ports that come and go, lights and faders that follow, activity sent out."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from midi_fakes import FakeSystem, eventually, make_control

from rtiass.control.control import Control
from rtiass.control.midi.mapping import parse_mapping
from rtiass.control.midi.surface import MidiSurface

MAP = """
ports = ["desk*"]
hello = ["B0 00 7F"]
[[control]]
cc = 7
channel = 1
path = "/stem/vocals/gain"
takeover = "jump"
[[control]]
cc = 8
channel = 1
path = "/stem/drums/gain"
takeover = "jump"
[[control]]
note = 1
channel = 1
path = "/stem/vocals/mute"
feedback = { on = 3, off = 1 }
[[control]]
note = 2
channel = 1
path = "/policy"
value = "mute"
[[control]]
note = 3
channel = 1
path = "/stem/bass/mute"
mode = "momentary"
[[activity]]
stem = "vocals"
note = 60
cc = 20
on = 0.7
off = 0.3
"""


class Desk:
    def __init__(self, control: Control, system: FakeSystem, surface: MidiSurface) -> None:
        self.control, self.system, self.surface = control, system, surface

    def settled(self) -> list[bytes]:
        """What was sent, once nothing more comes."""
        self.surface._queue.put(None)
        time.sleep(0.05)
        return list(self.system.sent)


@pytest.fixture
def desk() -> Iterator[Desk]:
    control, system = make_control(), FakeSystem("Desk 9:Desk 9 MIDI 1 20:0")
    with MidiSurface(control, parse_mapping(MAP, "m.toml"), system, look_every=0.01) as surface:
        assert eventually(lambda: surface.input is not None and len(system.sent) >= 5)
        yield Desk(control, system, surface)
    assert surface.failures == 0
    assert control.failures == 0


def test_a_burst_of_3000_is_taken_in_order(desk):
    moves = []
    desk.control.subscribe(lambda change: moves.append((change.path, change.value)))
    sent = [(7 + number % 2, (number * 37) % 128) for number in range(3000)]
    desk.system.play(*[bytes((0xB0, number, value)) for number, value in sent])
    assert eventually(lambda: desk.surface.engine.counts["cc"] == 3000)
    expected, now = [], {7: None, 8: None}
    paths = {7: "/stem/vocals/gain", 8: "/stem/drums/gain"}
    for number, value in sent:
        level = desk.control.parameter(paths[number]).at(value / 127)
        if level != now[number]:
            expected.append((paths[number], level))
        now[number] = level
    assert moves == expected


def test_the_controller_is_greeted_and_shown_everything(desk):
    sent = desk.settled()
    assert sent[0] == bytes((0xB0, 0, 0x7F))
    zero = round(127 * desk.control.position("/stem/vocals/gain"))
    assert bytes((0xB0, 7, zero)) in sent
    assert bytes((0x90, 1, 1)) in sent
    assert bytes((0x90, 2, 0)) in sent


def test_lights_follow_whoever_changes(desk):
    desk.settled()
    desk.system.sent.clear()
    desk.control.set("/stem/vocals/mute", True, "web")
    desk.control.set("/policy", "mute", "web")
    assert eventually(lambda: set(desk.system.sent) == {bytes((0x90, 1, 3)), bytes((0x90, 2, 127))})
    desk.system.play(bytes((0x90, 1, 99)))
    assert eventually(lambda: desk.system.sent[-1] == bytes((0x90, 1, 1)))


def test_a_fader_is_not_told_what_it_said(desk):
    desk.settled()
    desk.system.sent.clear()
    desk.system.play(bytes((0xB0, 7, 10)), bytes((0xB0, 7, 11)))
    assert eventually(lambda: desk.surface.engine.counts["cc"] == 2)
    assert desk.settled() == []
    desk.control.set("/stem/vocals/gain", 12.0, "web")
    assert eventually(lambda: desk.system.sent == [bytes((0xB0, 7, 127))])


def test_the_echo_of_a_motor_fader_changes_nothing(desk):
    desk.settled()
    desk.system.sent.clear()
    desk.control.set("/stem/vocals/gain", -7.123, "web")
    assert eventually(lambda: len(desk.system.sent) == 1)
    desk.system.play(desk.system.sent[0])
    assert eventually(lambda: desk.surface.engine.counts["cc"] == 1)
    assert desk.control.get("/stem/vocals/gain") == -7.123


def test_a_port_may_vanish_and_come_back_under_another_number(desk):
    desk.system.play(bytes((0x90, 3, 1)))
    assert eventually(lambda: desk.control.get("/stem/bass/mute") is True)
    desk.system.ins, desk.system.outs = [], []
    assert eventually(lambda: desk.surface.input is None and desk.surface.output is None)
    assert desk.system.opened[0].closed
    assert eventually(lambda: desk.control.get("/stem/bass/mute") is False)
    assert "not there" in desk.surface.status
    desk.control.set("/stem/vocals/mute", True, "web")
    desk.system.sent.clear()
    desk.system.ins, desk.system.outs = ["Desk 9:Desk 9 MIDI 1 24:0"], ["Desk 9:Desk 9 MIDI 1 24:0"]
    assert eventually(lambda: desk.surface.input is not None and bytes((0x90, 1, 3)) in desk.system.sent)
    desk.system.play(bytes((0xB0, 7, 0)))
    assert eventually(lambda: desk.control.get("/stem/vocals/gain") == -60.0)


def test_activity_goes_out_once_for_each_time_with_its_stamp(desk):
    desk.settled()
    desk.system.sent.clear()
    desk.control.clock = lambda: 4711
    for value in (0.5, 0.8, 0.6, 0.75, 0.2, 0.4):
        desk.control.publish("/stem/vocals/activity", value)
    assert eventually(lambda: len(desk.system.sent) == 8)
    notes = [data for data in desk.system.sent if data[0] != 0xB0]
    assert notes == [bytes((0x90, 60, 100)), bytes((0x80, 60, 0))]
    values = [data[2] for data in desk.system.sent if data[0] == 0xB0]
    assert values == [round(127 * value) for value in (0.5, 0.8, 0.6, 0.75, 0.2, 0.4)]
    assert [(e.stem, e.active, e.stamp) for e in desk.surface.activity.events] == [
        ("vocals", True, 4711),
        ("vocals", False, 4711),
    ]


def test_a_lamp_is_on_or_off_and_put_out_at_the_end():
    text = '[[activity]]\nstem = "vocals"\ncc = 64\nlamp = true\non = 0.7\noff = 0.3\n'
    control, system = make_control(), FakeSystem("desk")
    with MidiSurface(control, parse_mapping(text, "m.toml"), system, look_every=0.01) as surface:
        assert eventually(lambda: surface.output is not None)
        for value in (0.5, 0.8, 0.6, 0.2, 0.9):
            control.publish("/stem/vocals/activity", value)
        assert eventually(lambda: len(system.sent) >= 4)
    assert system.sent == [bytes((0xB0, 64, value)) for value in (0, 127, 0, 127, 0)]


def test_no_note_is_left_hanging():
    control, system = make_control(), FakeSystem("desk")
    with MidiSurface(control, parse_mapping(MAP, "m.toml"), system, look_every=0.01):
        assert eventually(lambda: len(system.sent) >= 5)
        control.publish("/stem/vocals/activity", 1.0)
        assert eventually(lambda: bytes((0x90, 60, 100)) in system.sent)
    assert system.sent[-1] == bytes((0x80, 60, 0))


def test_a_map_without_ports_takes_the_first_that_is_no_through_port():
    system = FakeSystem("Midi Through:Midi Through Port-0 14:0", "rtiass:control", "Box 20:0")
    with MidiSurface(make_control(), parse_mapping("", "m.toml"), system, look_every=0.01) as surface:
        assert eventually(lambda: surface.input is not None)
        assert surface.input == "Box 20:0"


def test_a_system_that_fails_is_counted_and_tried_again():
    class Broken(FakeSystem):
        failing = True

        def inputs(self) -> list[str]:
            if self.failing:
                raise RuntimeError("broken")
            return super().inputs()

    system = Broken("desk")
    with MidiSurface(make_control(), parse_mapping(MAP, "m.toml"), system, look_every=0.01) as surface:
        assert eventually(lambda: surface.failures > 2)
        system.failing = False
        assert eventually(lambda: surface.input == "desk")
