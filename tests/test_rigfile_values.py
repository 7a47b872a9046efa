"""A rig file says everything that the live host and its surfaces can be told."""

import pytest

from rtiass.live.options import Route
from rtiass.rigexample import EXAMPLE
from rtiass.rigfile import RigError, load_rig, parse_rig

WHOLE = """\
[model]
name = "band"
engine = "onnxruntime"
mode = "tight"
gate = "strict"
policy = "hold"
mask_delay = 2
[audio]
input = "Scarlett"
output = 3
input_channels = [2]
rate = 48000
block = 256
headroom = 512
awake = true
[outputs]
karaoke = [1, 2]
vocals = 3
[play]
song = "songs/a.flac"
vocals = "25%"
[scenes]
file = "s.toml"
recall = "Start"
seconds = 2.5
[midi]
map = ["korg-nanokontrol2", "mine.toml"]
[osc]
address = "0.0.0.0"
[remote]
port = 8000
[record]
folder = "takes"
[start]
"/stem/vocals/gain" = -6
"/bypass" = true
"/policy" = "mute"
"""


def test_everything_arrives(tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text(WHOLE)
    rig = load_rig(path)
    options = rig.options()
    assert (options.model, options.engine, options.mode, options.gate) == ("band", "onnxruntime", "tight", "strict")
    assert (options.policy, options.mask_delay, options.input, options.output) == ("hold", 2, "Scarlett", "3")
    assert (options.input_channels, options.rate, options.block, options.headroom) == ((2,), 48000, 256, 512)
    assert options.awake
    assert options.routes == (Route("karaoke", (1, 2)), Route("vocals", (3,)))
    assert options.song == str(tmp_path / "songs/a.flac")
    assert options.vocals == pytest.approx(0.25)
    assert options.faders == {}
    assert (rig.scenes, rig.recall, rig.seconds) == (tmp_path / "s.toml", "Start", 2.5)
    assert rig.midi == ("korg-nanokontrol2", str(tmp_path / "mine.toml"))
    assert (rig.osc, rig.remote, rig.record) == (("0.0.0.0", 9000), ("127.0.0.1", 8000), tmp_path / "takes")
    assert rig.start == {"/stem/vocals/gain": -6.0, "/bypass": True, "/policy": "mute"}


def test_without_a_karaoke_output_the_level_is_the_fader(tmp_path):
    rig = parse_rig('[play]\nvocals = "off"\n', tmp_path / "rig.toml")
    assert rig.options().faders == {"vocals": 0.0}


def test_an_empty_file_is_the_plain_command(tmp_path):
    from rtiass.live.options import LiveOptions

    rig = parse_rig("", tmp_path / "rig.toml")
    assert rig.options() == LiveOptions()
    assert rig.flags() == {}


def test_example_explains_keys_that_exist(tmp_path):
    bare = [
        line[2:] if line.startswith("# ") and ("=" in line or line[2] == "[") else line for line in EXAMPLE.split("\n")
    ]
    text = "\n".join(line for line in bare if not line.startswith("A rig")).replace("Every table", "# Every table")
    with pytest.raises(RigError) as error:
        parse_rig(text, tmp_path / "rig.toml")
    # The only thing wrong with all of it at once: a song beside a set list.
    assert str(error.value).count("\n") == 0
    assert "set list" in str(error.value)
    from rtiass.rigschema import SECTIONS

    for table, keys in SECTIONS.items():
        assert f"[{table}]" in EXAMPLE
        for key in keys:
            assert f"{key} = " in EXAMPLE
