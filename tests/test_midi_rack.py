"""Several controllers at once, each with its own map; ``auto`` finds those that are known."""

from __future__ import annotations

import pytest
from midi_fakes import FakeSystem, eventually, make_control

from rtiass.control.midi.ports import RtMidiSystem, candidates, match
from rtiass.control.midi.rack import MidiRack
from rtiass.errors import UserError


def test_auto_opens_the_known_controllers_each_with_its_own_map():
    system = FakeSystem("Some Piano 16:0", "APC mini mk2 20:0", "nanoKONTROL2 24:0")
    with MidiRack(make_control(), ["auto"], system, look_every=0.01) as rack:
        assert eventually(lambda: len(system.opened) == 2)
        there = {surface.mapping.name: surface.input for surface in rack.surfaces if surface.input}
        assert there == {"Akai APC mini mk2": "APC mini mk2 20:0", "Korg nanoKONTROL2": "nanoKONTROL2 24:0"}
        assert "nanoKONTROL2" in rack.status
    assert all(port.closed for port in system.opened)


def test_a_map_that_is_wrong_is_told_at_once(tmp_path):
    (tmp_path / "map.toml").write_text('[[control]]\ncc = 1\npath = "/stem/vocals/gian"\n')
    with pytest.raises(UserError, match=r"map.toml:3: path: .* The nearest is /stem/vocals/gain"):
        MidiRack(make_control(), [str(tmp_path / "map.toml")], FakeSystem())


def test_what_waits_for_its_controller_is_told():
    rack = MidiRack(make_control(), ["akai-apc-mini"], FakeSystem())
    assert rack.status == "Akai APC mini: not there"
    assert all(".toml:" in text for text in rack.idle)


@pytest.mark.parametrize(
    ("patterns", "names", "found"),
    [
        (["apc mini"], ["Midi Through 14:0", "APC MINI:APC MINI MIDI 1 20:0"], "APC MINI:APC MINI MIDI 1 20:0"),
        (["APC*1"], ["APC MINI MIDI 1 20:0"], "APC MINI MIDI 1 20:0"),
        (["*", "!through"], ["Midi Through 14:0"], None),
        (["b", "a"], ["a", "b"], "b"),
        (["[x]"], ["box [x] 1"], "box [x] 1"),
        (["*"], ["rtiass:control"], None),
        ([], ["a"], None),
    ],
)
def test_patterns_of_ports(patterns, names, found):
    assert match(patterns, names) == found


def test_without_the_package_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rtmidi", None)
    with pytest.raises(UserError, match=r"pip install 'rtiass\[midi\]'"):
        RtMidiSystem()


def test_an_interface_that_does_not_exist():
    pytest.importorskip("rtmidi")
    with pytest.raises(UserError, match="alsa, jack"):
        RtMidiSystem("usb")


def test_each_system_has_its_interface():
    assert candidates("darwin") == ["core"]
    assert candidates("win32") == ["winmm"]
    assert candidates("linux")[-1] == "jack"
