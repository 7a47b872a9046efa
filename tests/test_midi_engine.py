"""Messages move parameters: faders, encoders, buttons, programs."""

from __future__ import annotations

import pytest
from midi_fakes import make_control, make_engine

CC7 = '[[control]]\ncc = 7\nchannel = 1\npath = "/stem/vocals/gain"\n'


def cc(number: int, value: int, channel: int = 1) -> bytes:
    return bytes((0xB0 | channel - 1, number, value))


def test_a_fader_moves_a_level_on_its_taper():
    engine = make_engine(CC7 + 'takeover = "jump"\n')
    fader = engine.control.parameter("/stem/vocals/gain")
    for value in (0, 1, 64, 127):
        engine.feed(cc(7, value))
        assert engine.control.get("/stem/vocals/gain") == pytest.approx(fader.at(value / 127))
    assert engine.control.get("/stem/vocals/gain") == 12.0


def test_other_channels_and_numbers_do_nothing():
    engine = make_engine(CC7)
    engine.feed(cc(7, 3, channel=2) + cc(8, 3) + bytes((0x90, 7, 3)))
    assert engine.control.revision == 0


def test_any_channel_is_the_default():
    engine = make_engine(CC7.replace("channel = 1\n", 'takeover = "jump"\n'))
    engine.feed(cc(7, 0, channel=16))
    assert engine.control.get("/stem/vocals/gain") == -60.0


def test_ends_of_a_fader_can_be_set_and_turned_round():
    engine = make_engine(CC7 + 'takeover = "jump"\nmin = 0\nmax = -20\n')
    engine.feed(cc(7, 0))
    assert engine.control.get("/stem/vocals/gain") == pytest.approx(0.0, abs=1e-9)
    engine.feed(cc(7, 127))
    assert engine.control.get("/stem/vocals/gain") == pytest.approx(-20.0)


def test_pickup_waits_for_a_value_that_another_surface_has_set():
    engine = make_engine(CC7)
    control = engine.control
    zero = round(127 * control.position("/stem/vocals/gain"))
    engine.feed(cc(7, zero) + cc(7, zero - 10))
    moved = control.get("/stem/vocals/gain")
    assert moved < 0.0
    control.set("/stem/vocals/gain", 6.0, "web")
    engine.feed(cc(7, zero - 11))
    assert control.get("/stem/vocals/gain") == 6.0
    engine.feed(cc(7, 127))
    assert control.get("/stem/vocals/gain") == 12.0


@pytest.mark.parametrize(("encoding", "up", "down"), [("twos", 1, 127), ("offset", 65, 63), ("sign", 1, 65)])
def test_relative_encodings(encoding, up, down):
    engine = make_engine(CC7 + f'relative = "{encoding}"\nstep = 0.01\n')
    before = engine.control.position("/stem/vocals/gain")
    engine.feed(cc(7, up))
    assert engine.control.position("/stem/vocals/gain") == pytest.approx(before + 0.01)
    engine.feed(cc(7, down) + cc(7, down))
    assert engine.control.position("/stem/vocals/gain") == pytest.approx(before - 0.01)


def test_a_click_is_one_choice():
    engine = make_engine('[[control]]\ncc = 1\nrelative = "twos"\npath = "/mode"\n')
    choices = engine.control.parameter("/mode").choices
    start = choices.index(str(engine.control.get("/mode")))
    engine.feed(cc(1, 1))
    assert engine.control.get("/mode") == choices[start + 1]


def test_14_bits_are_fine_and_never_go_backwards():
    engine = make_engine('[[control]]\ncc14 = 1\npath = "/scene/seconds"\ntakeover = "jump"\n')
    way = []
    engine.control.subscribe(lambda change: way.append(change.value))
    for value in range(0, 16384, 37):
        engine.feed(cc(1, value >> 7) + cc(33, value & 0x7F))
    engine.feed(cc(1, 127) + cc(33, 127))
    assert way == sorted(way)
    assert len(way) > 400
    assert way[-1] == 60.0


def test_14_bits_from_a_controller_that_sends_7_reach_both_ends():
    engine = make_engine('[[control]]\ncc14 = 1\npath = "/scene/seconds"\ntakeover = "jump"\n')
    engine.feed(cc(1, 127))
    assert engine.control.get("/scene/seconds") == 60.0


def test_pitch_bend_is_a_fader_of_14_bits():
    engine = make_engine('[[control]]\nbend = true\npath = "/scene/seconds"\ntakeover = "jump"\n')
    engine.feed(bytes((0xE0, 0x7F, 0x7F)))
    assert engine.control.get("/scene/seconds") == 60.0


def test_a_note_toggles_and_its_end_does_nothing():
    engine = make_engine('[[control]]\nnote = 36\npath = "/stem/drums/mute"\n')
    states = []
    for _ in range(3):
        engine.feed(bytes((0x90, 36, 100)))
        states.append(engine.control.get("/stem/drums/mute"))
        engine.feed(bytes((0x90, 36, 0)))
    assert states == [True, False, True]
    assert engine.control.get("/stem/drums/mute") is True


def test_a_controller_button_toggles_on_the_way_down_only():
    engine = make_engine('[[control]]\ncc = 48\npath = "/stem/drums/mute"\n')
    engine.feed(cc(48, 127) + cc(48, 127) + cc(48, 0))
    assert engine.control.get("/stem/drums/mute") is True


def test_a_note_holds_while_it_is_held():
    engine = make_engine('[[control]]\nnote = 36\nmode = "momentary"\npath = "/stem/drums/solo"\n')
    engine.feed(bytes((0x90, 36, 100)))
    assert engine.control.get("/stem/drums/solo") is True
    engine.feed(bytes((0x80, 36, 0)))
    assert engine.control.get("/stem/drums/solo") is False


def test_a_held_level_comes_back():
    engine = make_engine('[[control]]\nnote = 36\nmode = "momentary"\npath = "/stem/drums/gain"\nvalue = "off"\n')
    engine.control.set("/stem/drums/gain", -7.0)
    engine.feed(bytes((0x90, 36, 100, 36, 90)))
    assert engine.control.get("/stem/drums/gain") == -60.0
    engine.feed(bytes((0x80, 36, 0)))
    assert engine.control.get("/stem/drums/gain") == -7.0


def test_what_is_held_is_released_when_the_controller_goes():
    engine = make_engine('[[control]]\nnote = 36\nmode = "momentary"\npath = "/stem/drums/mute"\n')
    engine.feed(bytes((0x90, 36, 100)))
    engine.lost()
    assert engine.control.get("/stem/drums/mute") is False


def test_a_toggle_between_a_value_and_what_was_before():
    engine = make_engine('[[control]]\nnote = 1\nmode = "toggle"\npath = "/policy"\nvalue = "mute"\n')
    engine.control.set("/policy", "hold")
    engine.feed(bytes((0x90, 1, 1)))
    assert engine.control.get("/policy") == "mute"
    engine.feed(bytes((0x90, 1, 1)))
    assert engine.control.get("/policy") == "hold"


def test_programs_recall_scenes():
    engine = make_engine(
        '[[control]]\nprogram = "any"\npath = "/scene"\nvalue = ["Verse", "Chorus"]\n'
        '[[control]]\nprogram = 5\npath = "/scene"\nvalue = "End"\n'
    )
    recalled = []
    engine.control.subscribe(lambda change: recalled.append(change.value))
    engine.feed(bytes((0xC0, 1, 0, 5, 9, 1, 1)))
    assert recalled == ["Chorus", "Verse", "End", "Chorus", "Chorus"]


def test_a_program_is_a_number():
    engine = make_engine('[[control]]\nprogram = "any"\npath = "/song/index"\n')
    engine.feed(bytes((0xC4, 12)))
    assert engine.control.get("/song/index") == 12


def test_triggers_happen_at_each_press():
    engine = make_engine('[[control]]\ncc = 59\npath = "/song/next"\n')
    seen = []
    engine.control.subscribe(lambda change: seen.append((change.path, change.source)))
    engine.feed(cc(59, 127) + cc(59, 0) + cc(59, 127) + cc(59, 0))
    assert seen == [("/song/next", "midi:map:0")] * 2


def test_one_message_may_move_several_parameters():
    text = "".join(f'[[control]]\nnote = 1\npath = "/stem/{stem}/mute"\n' for stem in ("drums", "bass"))
    engine = make_engine(text, make_control())
    engine.feed(bytes((0x90, 1, 1)))
    assert engine.control.get("/stem/drums/mute") is engine.control.get("/stem/bass/mute") is True


def test_a_program_recalls_the_scene_of_its_number():
    engine = make_engine('[[control]]\nprogram = "any"\npath = "/scene"\n')
    engine.feed(bytes((0xC0, 2)))
    assert engine.control.get("/scene") == "3"
