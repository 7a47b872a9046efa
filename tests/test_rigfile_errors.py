"""Every mistake in a rig file is told at once, each with its line, its key and the nearest name."""

import pytest

from rtiass.rigfile import RigError, parse_rig


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[model]\nmode = "tigth"\n', 2, ["model.mode", "tigth", "Did you mean 'tight'?"]),
        ("[audio]\n\nrat = 48000\n", 3, ["'rat'", "Did you mean 'rate'?"]),
        ("[audoi]\nrate = 48000\n", 1, ["Did you mean 'audio'?"]),
        ("[audio]\nrate = 7\n", 2, ["audio.rate", "8000"]),
        ("[audio]\nrate = true\n", 2, ["whole number"]),
        ("[outputs]\nmix = [1, 2, 3]\n", 2, ["outputs.mix", "channels"]),
        ("[outputs]\nmix = 0\n", 2, ["outputs.mix"]),
        ('[outputs]\n"a=b" = 1\n', 2, ["a=b"]),
        ("[start]\nvocals = 3\n", 2, ["/stem/vocals/gain"]),
        ('[start]\n"/x" = [1]\n', 2, ["true or false"]),
        ('[play]\nvocals = "loud"\n', 2, ["play.vocals", "off"]),
        ("[midi]\nmap = []\n", 2, ["auto"]),
        ("[midi]\n", 1, ["needs the key map"]),
        ('[scenes]\nrecall = "A"\n', 1, ["name the file"]),
        ("[remote]\nport = 99999\n", 2, ["remote.port"]),
        ('[osc]\naddress = "a b"\n', 2, ["osc.address"]),
        ("model = 3\n", 1, ["[model]"]),
        ("[model]\nmode = live\n", 2, ["nvalid value"]),
        ("[model]\nmode = 'live'\nmode = 'live'\n", 3, ["overwrite"]),
        ("[model\n", 1, ["line 1"]),
    ],
)
def test_line_key_and_hint(tmp_path, text, line, words):
    with pytest.raises(RigError) as error:
        parse_rig(text, tmp_path / "rig.toml")
    told = str(error.value)
    assert told.startswith(f"{tmp_path / 'rig.toml'}, line {line}: ")
    assert all(word in told for word in words)


def test_all_problems_in_the_order_of_the_lines(tmp_path):
    text = "[outputs]\nmix = 0\n[audio]\nblock = -1\nrat = 3\n[modle]\n[model]\ngate = 1\n"
    with pytest.raises(RigError) as error:
        parse_rig(text, tmp_path / "rig.toml")
    lines = [int(part.split(", line ")[1].split(":")[0]) for part in str(error.value).split("\n")]
    assert lines == [2, 4, 5, 6, 8]


def test_file_that_is_no_text(tmp_path):
    from rtiass.rigfile import load_rig

    path = tmp_path / "rig.toml"
    path.write_bytes(b"[model]\n\xff\n")
    with pytest.raises(RigError, match=r"line 2: .*UTF-8"):
        load_rig(path)
    path.write_bytes(b"#" * 200_000)
    with pytest.raises(RigError, match="larger than"):
        load_rig(path)
    with pytest.raises(RigError, match="There is no file"):
        load_rig(tmp_path / "lost.toml")
    with pytest.raises(RigError, match="can't be read"):
        load_rig(tmp_path)
