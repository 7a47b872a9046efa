"""``rtiass rig check`` tells what is wrong before the show, by exit code too; the examples are all right."""

import socket
from collections import namedtuple
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtiass.cli import app

EXAMPLES = sorted((Path(__file__).parent.parent / "examples" / "rigs").glob("*.toml"))
RIGS = [path for path in EXAMPLES if not path.name.endswith(".scenes.toml")]


def check(path, *further):
    done = CliRunner().invoke(app, ["rig", "check", str(path), "--no-devices", *further])
    return done.exit_code, done.output


@pytest.fixture
def rig(tmp_path, tiny_bundle):
    def write(text: str, model: bool = True):
        path = tmp_path / "rig.toml"
        path.write_text((f'[model]\nname = "{tiny_bundle}"\n' if model else "") + text)
        return check(path)

    return write


@pytest.mark.parametrize("path", RIGS, ids=lambda path: path.stem)
def test_examples_are_ready(path):
    code, told = check(path)
    assert code == 0, told
    assert "wrong" not in told
    assert "note" not in told


def test_there_are_examples():
    assert {path.stem for path in RIGS} == {"karaoke", "rehearsal", "dj"}


def test_new_example_is_ready_and_nothing_is_replaced(tmp_path):
    path = tmp_path / "my.toml"
    assert CliRunner().invoke(app, ["rig", "new", str(path)]).exit_code == 0
    assert check(path)[0] == 0
    path.write_text("mine")
    again = CliRunner().invoke(app, ["rig", "new", str(path)])
    assert again.exit_code == 2
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[outputs]\nguitar = 1\n", ["line 4", "no output 'guitar'"]),
        ('[play]\nsong = "lost.wav"\n', ["line 4", "lost.wav"]),
        ('[start]\n"/stem/vocal/gain" = 1\n', ["line 4", "/stem/vocals/gain"]),
        ('[start]\n"/late_masks" = 1\n', ["line 4", "can't be set"]),
        ('[scenes]\nfile = "s.toml"\nrecall = "A"\n', ["line 5", "no scene 'A'"]),
        ('[scenes]\nfile = "lost/s.toml"\n', ["line 4", "no folder"]),
        ('[setlist]\nfile = "l.toml"\n', ["line 4", "no file"]),
        ('[record]\nfolder = "rig.toml"\n', ["line 4", "can't be written"]),
    ],
)
def test_wrong_things_have_lines(rig, text, words):
    code, told = rig(text)
    assert code == 2
    assert all(word in told for word in words), told


def test_everything_wrong_is_told(rig, tmp_path):
    (tmp_path / "l.toml").write_text('[[songs]]\nfile = "no.wav"\nscene = "X"\n')
    code, told = rig('[outputs]\nguitar = 1\n[setlist]\nfile = "l.toml"\n[start]\n"/x" = 1\n')
    assert code == 2
    assert "4 things are wrong" in told


def test_songs_of_a_set_list_are_opened(rig, tmp_path, make_song):
    make_song("here.wav")
    (tmp_path / "broken.wav").write_bytes(b"RIFF of old")
    files = ("here.wav", "lost.wav", "broken.wav")
    (tmp_path / "l.toml").write_text("".join(f'[[songs]]\nfile = "{name}"\n' for name in files))
    code, told = rig('[setlist]\nfile = "l.toml"\n')
    assert code == 2
    assert "Song 2: There is no file" in told
    assert "Song 3: " in told and "broken.wav" in told
    assert "Song 1" not in told
    (tmp_path / "l.toml").write_text('[[songs]]\nfile = "here.wav"\nwait = true\n')
    code, told = rig('[setlist]\nfile = "l.toml"\n')
    assert code == 0
    assert "1 songs in" in told and "from files" in told
    (tmp_path / "l.toml").write_text('[[songs]]\nfile = "here.wav"\n[[songs]]\ntitle = "Live"\n')
    code, told = rig('[setlist]\nfile = "l.toml"\n')
    assert code == 2
    assert "make two set lists" in told


def test_no_input_is_asked_for_where_files_are_played(tmp_path, tiny_bundle, monkeypatch, make_song):
    from rtiass.live import device
    from rtiass.live.device import Device

    make_song("here.wav")
    (tmp_path / "l.toml").write_text('[[songs]]\nfile = "here.wav"\n')
    monkeypatch.setattr(device, "portaudio", lambda: None)
    monkeypatch.setattr(device, "list_devices", lambda _: [Device(0, "Speakers", "X", 0, 2, 44100.0)])
    monkeypatch.setattr(device, "choose_rate", lambda *_: 44100)
    path = tmp_path / "rig.toml"
    path.write_text(f'[model]\nname = "{tiny_bundle}"\n[audio]\noutput = "Speakers"\n[setlist]\nfile = "l.toml"\n')
    done = CliRunner().invoke(app, ["rig", "check", str(path)])
    assert done.exit_code == 0, done.output
    assert "Speakers, 44100 Hz" in done.output


def test_model_and_engine(rig):
    code, told = rig('[model]\nname = "lost"\n', model=False)
    assert code == 2
    assert "There is no model" in told
    code, told = rig('engine = "steam"\n')
    assert code == 2
    assert "line 3: there is no engine 'steam'" in told
    code, told = rig('engine = "onnxruntime:cpu"\n')
    assert code == 0, told
    assert "onnxruntime:cpu: ONNX Runtime" in told
    code, told = rig('engine = "onnxruntime:steam"\n')
    assert code == 2
    assert "line 3: onnxruntime:steam: ONNX Runtime has no option 'steam'" in told


def test_port_that_is_taken(rig):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        code, told = rig(f"[osc]\nport = {port}\n")
    assert code == 2
    assert f"127.0.0.1:{port} can't be opened" in told


def test_disk_without_room(rig, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10, 10, 10**8))
    code, told = rig('[record]\nfolder = "takes"\n')
    assert code == 2
    assert "room for 0.0 hours" in told


def test_scene_of_another_model_is_a_note(rig, tmp_path):
    (tmp_path / "s.toml").write_text('[scenes.A]\n"/stem/banjo/gain" = 1\n')
    code, told = rig('[scenes]\nfile = "s.toml"\n')
    assert code == 0
    assert "scene A" in told
    assert "left out" in told


def test_checking_leaves_every_file_as_it_was(rig, tmp_path):
    (tmp_path / "s.toml").write_text('[scenes.A]\n"/bypass" = true\n')
    rig('[scenes]\nfile = "s.toml"\n[record]\nfolder = "takes"\n')
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["rig.toml", "s.toml"]


def test_device_that_is_not_there(tmp_path, tiny_bundle, monkeypatch):
    from rtiass.live import device
    from rtiass.live.device import Device

    monkeypatch.setattr(device, "portaudio", lambda: None)
    monkeypatch.setattr(device, "list_devices", lambda _: [Device(0, "Built-in", "X", 2, 2, 44100.0)])
    path = tmp_path / "rig.toml"
    path.write_text(f'[model]\nname = "{tiny_bundle}"\n[audio]\noutput = "Scarlett"\n')
    done = CliRunner().invoke(app, ["rig", "check", str(path)])
    assert done.exit_code == 2
    assert "There is no output device 'Scarlett'" in done.output
