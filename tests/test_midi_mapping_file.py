"""Mapping files: what is understood, and what is said, with its line, of what isn't."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_fakes import make_control

from rtiass.control.midi.binding import bind
from rtiass.control.midi.checks import MappingError
from rtiass.control.midi.library import find_map, load_mapping, map_of, ready_maps, wanted_maps
from rtiass.control.midi.lines import find_lines
from rtiass.control.midi.mapping import parse_mapping
from rtiass.errors import UserError

GOOD = """name = "Desk"
ports = ["Desk*"]

[[control]]
cc = 7
path = "/stem/vocals/gain"
max = 0
min = -40.0

[[control]]
note = 36
channel = 10
path = "/stem/vocals/mute"
quantise = "bar"
feedback = { on = 3, off = 1 }
"""


def test_a_good_file():
    mapping = parse_mapping(GOOD, "x.toml")
    assert mapping.name == "Desk"
    fader, button = mapping.entries
    assert (fader.input.kind, fader.input.number, fader.minimum, fader.maximum) == ("cc", 7, -40.0, 0)
    assert (button.input.channel, button.quantise, button.line) == (10, "bar", 10)
    assert button.feedback is not None and (button.feedback.on, button.feedback.off) == (3, 1)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("cc = 7", "cc = 128", "x.toml:5: cc: 128 is not a whole number from 0 to 127."),
        ("cc = 7", "cc = true", "x.toml:5: cc: True is not a whole number"),
        ("cc = 7", "note = 1\ncc = 7", "a control has one message, and this one has cc too."),
        ("cc = 7\n", "", "x.toml:4: control: has no message."),
        ("channel = 10", "chanel = 10", "x.toml:12: chanel: unknown key. Did you mean channel?"),
        ('quantise = "bar"', 'quantise = "bra"', "x.toml:14: quantise: 'bra' is not one of: off, beat, bar."),
        ("on = 3", "on = 300", "x.toml:15: on: 300 is not"),
        ("max = 0", "max = nan", "x.toml:7: max: nan is not a number."),
        ("max = 0", "max = -40.0", "x.toml:7: max: is the same as min."),
        ("max = 0", 'mode = "relative"\nstep = 0', "x.toml:8: step: 0 is not a number from 0.0001 to 1."),
        ('name = "Desk"', 'hello = "F0 00"', "x.toml:1: hello: 'F0 00' is no whole MIDI message"),
        ('name = "Desk"', 'name = "Desk', "x.toml: "),
        ('name = "Desk"', "control = 3", "x.toml:"),
        ("note = 36", "cc = 7", None),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old, new, told):
    text = GOOD.replace(old, new, 1)
    if told is None:
        assert parse_mapping(text, "x.toml")
        return
    with pytest.raises(MappingError) as caught:
        parse_mapping(text, "x.toml")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            'cc = 1\npath = "/stem/vocals/gian"',
            "m.toml:3: path: There is no parameter '/stem/vocals/gian'. The nearest",
        ),
        ('cc = 1\npath = "/stem/vocals/level"', "m.toml:3: path: /stem/vocals/level is shown by the host"),
        ('note = 1\npath = "/stem/vocals/gain"', "m.toml:1: value: is needed"),
        ('note = 1\npath = "/policy"\nvalue = "loud"', "m.toml:4: value: /policy takes one of"),
        ('cc = 1\npath = "/stem/vocals/gain"\nmax = 40', "m.toml:4: max: 40 is outside of -60 to 12."),
        ('cc = 1\npath = "/bypass"\nmin = 0', "m.toml:4: min: is for faders"),
        ('cc = 1\npath = "/stem/vocals/gain"\nquantise = "beat"', "m.toml:4: quantise: is for buttons."),
        ('bend = true\npath = "/song/next"', None),
        ('program = "any"\npath = "/stem/vocals/gain"', "value: a list of values is needed"),
        ('note = 1\nmode = "momentary"\npath = "/song/next"', "mode: a trigger can only be pressed."),
        ('cc = 1\nmode = "absolute"\npath = "/scene"', "mode: a text can't be absolute"),
    ],
)
def test_what_cannot_work_is_told_when_it_meets_the_parameters(text, told):
    mapping = parse_mapping(f"[[control]]\n{text}\n", "m.toml")
    if told is None:
        assert bind(mapping, make_control()).controls
        return
    with pytest.raises(MappingError) as caught:
        bind(mapping, make_control())
    assert told in str(caught.value)


def test_numbers_stand_for_stems_and_outputs():
    text = "".join(
        f'[[control]]\ncc = {n}\npath = "{path}"\n'
        for n, path in enumerate(
            ["/stem/2/gain", "/bus/1/stem/3/gain", "/gate/1/mode", "/stem/9/gain", "/stem/flute/solo"]
        )
    )
    binding = bind(parse_mapping(text, "m.toml"), make_control())
    paths = [bound.parameter.path for bound in binding.controls]
    assert paths == ["/stem/drums/gain", "/bus/mix/stem/bass/gain", "/gate/vocals/mode"]
    assert len(binding.idle) == 2
    assert "m.toml:10:" in binding.idle[0]


def test_lines_are_found_after_texts_and_lists_over_several_lines():
    text = (
        'a = """\nb = 1\n[c]\n"""\nd = [\n  1, # ]\n  "]",\n]\n[[e]]\nf.g = 1\n[[e]]\n"h i" = 2\n[x.y]\nz = {p = 1}\n'
    )
    tomllib.loads(text)
    assert find_lines(text) == {
        ("a",): 1,
        ("d",): 5,
        ("e", 0): 9,
        ("e", 0, "f", "g"): 10,
        ("e", 1): 11,
        ("e", 1, "h i"): 12,
        ("x", "y"): 13,
        ("x", "y", "z"): 14,
    }


@pytest.mark.parametrize("name", ready_maps())
def test_ready_maps_are_right(name):
    mapping = load_mapping(find_map(name))
    binding = bind(mapping, make_control())
    assert {f"/stem/{stem}/gain" for stem in ("vocals", "drums", "bass", "other")} <= {
        bound.parameter.path for bound in binding.controls
    }
    assert all("is idle" in text or "to tell of" in text for text in binding.idle)


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("APC MINI:APC MINI MIDI 1 20:0", "akai-apc-mini"),
        ("APC mini mk2:APC mini mk2 Control 28:0", "akai-apc-mini-mk2"),
        ("nanoKONTROL2:nanoKONTROL2 _ CTRL 24:0", "korg-nanokontrol2"),
        ("Launch Control XL", "novation-launch-control-xl"),
        ("X-Touch INT", "mackie-control"),
        ("Some Piano", None),
    ],
)
def test_a_ready_map_is_found_by_its_port(port, name):
    assert map_of(port, [mapping for mapping in ready_maps() if mapping != "generic-8-fader"]) == name


def test_auto_takes_all_maps_that_know_their_ports(tmp_path):
    assert {mapping.name for mapping in wanted_maps("auto")} >= {"Akai APC mini", "Korg nanoKONTROL2"}
    assert len(wanted_maps("generic-8-fader")) == 1
    with pytest.raises(UserError, match="akai-apc-mini"):
        wanted_maps(str(tmp_path / "none.toml"))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(MappingError, match="can't be read"):
        load_mapping(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(MappingError, match="UTF-8"):
        load_mapping(tmp_path / "latin.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(MappingError, match="larger"):
        load_mapping(tmp_path / "large.toml")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 6), st.text(max_size=6)), max_size=5))
def test_damaged_files_are_understood_or_refused_and_nothing_else(damages):
    text = GOOD
    for place, length, new in damages:
        text = text[:place] + new + text[place + length :]
    try:
        bind(parse_mapping(text, "x.toml"), make_control())
    except UserError as error:
        assert "x.toml" in str(error)


KEYS = st.sampled_from(
    ["name", "cc", "cc14", "note", "bend", "program", "channel", "path", "mode", "relative", "step", "takeover", "min",
     "max", "value", "quantise", "feedback", "on", "off", "stem", "source", "hold_ms", "velocity"]
)  # fmt: skip
VALUES = st.one_of(
    st.integers(-3, 200),
    st.floats(),
    st.booleans(),
    st.sampled_from(
        ["any", "absolute", "relative", "toggle", "momentary", "press", "twos", "offset", "sign", "jump", "scale", "bar",
         "/stem/1/gain", "/bypass", "/policy", "/scene", "/song/next", "/song/index", "/stem/1/level", "mix", "vocals", ""]
    ),
    st.just([1, "a"]),
    st.just({"cc": 3, "on": 5}),
)  # fmt: skip


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["control", "activity"]), st.dictionaries(KEYS, VALUES, max_size=6)), max_size=4)
)
def test_any_mixture_of_keys_and_values_is_understood_or_refused(tables):
    text = "".join(
        f"[[{kind}]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in table.items()) for kind, table in tables
    )
    try:
        bind(parse_mapping(text, "x.toml"), make_control())
    except UserError as error:
        assert "x.toml" in str(error)


def test_the_example_of_the_manual_is_right():
    manual = (Path(__file__).parent.parent / "docs" / "midi.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", manual, re.S)
    binding = bind(parse_mapping(example, "manual"), make_control())
    assert len(binding.controls) == 5
    assert len(binding.senders) == 1
    assert not binding.idle
    assert all(f"`{name}`" in manual for name in ready_maps())
