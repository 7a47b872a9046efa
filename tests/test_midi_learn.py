"""Learning: what was moved is recognised, and written into a file that stays the user's own."""

from __future__ import annotations

import pytest

from rtiass.control.midi.checks import MappingError
from rtiass.control.midi.learn import guess, learned, write_mapping
from rtiass.control.midi.mapping import Input, parse_mapping
from rtiass.control.midi.messages import Parser


def moved(hexadecimal: str):
    return guess(Parser().feed(bytes.fromhex(hexadecimal)))


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("B0 07 01 07 02 07 05 07 09 07 20", (Input("cc", 1, 7), "")),
        ("B2 30 7F 30 00", (Input("cc", 3, 48), "")),
        ("90 24 64 24 00", (Input("note", 1, 36), "")),
        ("E7 00 10 00 11 05 12", (Input("bend", 8, 0), "")),
        ("C0 05", (Input("program", 1, 5), "")),
        ("B0 01 01 21 05 01 02 21 07 01 02 21 09", (Input("cc14", 1, 1), "")),
        ("B0 10 01 10 01 10 02 10 7F 10 7F", (Input("cc", 1, 16), "twos")),
        ("B0 10 41 10 41 10 3F 10 3F", (Input("cc", 1, 16), "offset")),
        ("B0 10 01 10 01 10 41 10 41", (Input("cc", 1, 16), "sign")),
        ("F8 FE", None),
    ],
)
def test_what_was_moved(sent, found):
    assert moved(sent) == found


def test_a_new_file_is_one_that_is_understood():
    text = learned("", Input("cc", 1, 7), "/stem/vocals/gain", port='My "Desk"')
    text = learned(text, Input("bend", 2, 0), "/stem/drums/gain")
    text = learned(text, Input("cc", 1, 16), "/stem/bass/gain", "twos")
    mapping = parse_mapping(text, "x")
    assert mapping.ports == ('My "Desk"',)
    assert [(e.input.kind, e.input.channel, e.path) for e in mapping.entries] == [
        ("cc", 1, "/stem/vocals/gain"),
        ("bend", 2, "/stem/drums/gain"),
        ("cc", 1, "/stem/bass/gain"),
    ]
    assert mapping.entries[2].encoding == "twos" and mapping.entries[2].mode == "relative"


def test_a_control_that_is_known_gets_the_new_path_and_comments_stay():
    before = '# mine\n[[control]]\ncc = 7 # left one\nchannel = 1\npath = "/stem/vocals/gain"  # lead\nmin = -20\n'
    after = learned(before, Input("cc", 1, 7), "/stem/bass/gain")
    assert after == before.replace("/stem/vocals/gain", "/stem/bass/gain")
    assert learned(after, Input("cc", 1, 7), "/stem/bass/gain") == after


def test_a_wrong_file_is_not_touched(tmp_path):
    with pytest.raises(MappingError, match="Invalid value"):
        learned("name = ", Input("cc", 1, 7), "/stem/bass/gain")
    file = tmp_path / "map.toml"
    file.write_text("name = 'a'\n")
    with pytest.raises(MappingError):
        write_mapping(file, "name = ")
    assert file.read_text() == "name = 'a'\n"
    write_mapping(file, "name = 'b'\n")
    assert [path.name for path in tmp_path.iterdir()] == ["map.toml"]
