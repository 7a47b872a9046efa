"""``rtiass live --rig`` starts what the file says; options on the command line go over it."""

from typing import Any

import pytest
from typer.testing import CliRunner

from rtiass.cli import app
from rtiass.live.options import Route

RIG = """\
[model]
name = "{model}"
mode = "tight"
[audio]
input = "Deck"
output = "Desk"
input_channels = [3, 4]
rate = 48000
[outputs]
karaoke = [1, 2]
vocals = [3]
[play]
vocals = -12
[scenes]
file = "s.toml"
recall = "A"
seconds = 3
[osc]
port = 9009
[remote]
address = "0.0.0.0"
[record]
folder = "takes"
[start]
"/mode" = "ultra"
"/stem/drums/gain" = -3.0
"""


@pytest.fixture
def started(tmp_path, tiny_bundle, monkeypatch):
    calls: list[tuple[Any, dict[str, Any]]] = []

    def play(options, **further):
        calls.append((options, further))
        return 0

    monkeypatch.setattr("rtiass.live.commands.play", play)
    path = tmp_path / "rig.toml"
    path.write_text(RIG.format(model=tiny_bundle))

    def run(*arguments, code=0):
        done = CliRunner().invoke(app, ["live", "--rig", str(path), *arguments])
        assert done.exit_code == code, done.output
        return calls[-1] if calls else done.output

    return run


def test_everything_arrives(started, tmp_path):
    options, further = started()
    assert (options.mode, options.rate, options.input, options.input_channels) == ("tight", 48000, "Deck", (3, 4))
    assert options.routes == (Route("karaoke", (1, 2)), Route("vocals", (3,)))
    assert options.vocals == pytest.approx(10 ** (-12 / 20))
    assert options.record == str(tmp_path / "takes")
    assert (further["osc"], further["remote"]) == ("127.0.0.1:9009", "0.0.0.0:8700")
    begin = further["begin"]
    assert (begin.scenes, begin.recall, begin.seconds) == (tmp_path / "s.toml", "A", 3.0)
    assert begin.start == {"/mode": "ultra", "/stem/drums/gain": -3.0}


def test_options_go_over_it(started, tmp_path):
    options, further = started(
        "--mode", "live", "--out", "bass=5", "--rate", "44100", "--scenes", str(tmp_path / "other.toml"), "--osc"
    )  # fmt: skip
    assert (options.mode, options.rate, options.input) == ("live", 44100, "Deck")
    assert options.routes == (Route("bass", (5,)),)
    assert further["osc"] == "9000"
    begin = further["begin"]
    assert (begin.scenes, begin.recall) == (tmp_path / "other.toml", "")
    assert begin.start == {"/stem/drums/gain": -3.0}


def test_stems_go_over_its_outputs(started):
    options, _ = started("--stems")
    assert options.routes[1].channels == (3, 4)


def test_wrong_file_is_told(started, tmp_path):
    (tmp_path / "rig.toml").write_text("[audio]\nrat = 1\n")
    assert "line 2" in started(code=2)


def test_show_of_a_host_begins_and_ends_with_it(tmp_path, tiny_bundle, monkeypatch, capsys):
    from rtiass.live.commands import play
    from rtiass.live.options import LiveOptions
    from rtiass.rigcommand import Beginning

    scenes, songs = tmp_path / "s.toml", tmp_path / "l.toml"
    scenes.write_text('[scenes.A]\n"/bypass" = true\n')
    songs.write_text('[[songs]]\ntitle = "x"\nvocals = -7\n')
    (tmp_path / ".s.toml.now").write_text('[values]\n"/policy" = "hold"\n')
    seen = {}

    def run(host):
        seen.update(host.control.snapshot())
        return 0

    monkeypatch.setattr("rtiass.live.host.LiveHost.start", lambda host: None)
    monkeypatch.setattr("rtiass.live.screen.run", run)
    options = LiveOptions(model=str(tiny_bundle), songs=True)
    assert play(options, begin=Beginning(scenes, songs, "A", 1.0, {"/stem/vocals/mute": True})) == 0
    assert (seen["/bypass"], seen["/stem/vocals/mute"], seen["/policy"]) == (True, True, "hold")
    assert "1 settings are restored" in capsys.readouterr().err
    assert not (tmp_path / ".s.toml.now").exists()


def test_set_list_of_files_is_what_plays(started, tmp_path):
    songs = tmp_path / "l.toml"
    songs.write_text('[[songs]]\nfile = "one.wav"\n[[songs]]\nfile = "two.wav"\n')
    options, further = started("--setlist", str(songs))
    assert (options.song, options.songs, options.playlist) == (str(tmp_path / "one.wav"), True, True)
    assert further["begin"].setlist == songs
    songs.write_text('[[songs]]\ntitle = "Live"\n')
    options, _ = started("--setlist", str(songs))
    assert (options.song, options.songs, options.playlist) == (None, True, False)


def test_song_and_set_list_of_files_do_not_go_together(started, tmp_path):
    (tmp_path / "l.toml").write_text('[[songs]]\nfile = "one.wav"\n')
    assert "both a song and a set list" in started(
        str(tmp_path / "x.wav"), "--setlist", str(tmp_path / "l.toml"), code=2
    )
