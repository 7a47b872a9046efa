"""``rtiass live --midi``: controllers while playing; without MIDI the music goes on, without its map it doesn't begin."""

import pytest
from midi_fakes import FakeSystem
from typer.testing import CliRunner

from rtiass.cli import app
from rtiass.control import Control, vocabulary
from rtiass.control.midi.rack import open_rack
from rtiass.errors import UserError


def control() -> Control:
    return Control(vocabulary(("vocals", "drums"), ["mix"]))


def test_no_maps_no_controllers():
    assert open_rack(control(), ()) == (None, "")


def test_without_midi_it_is_told_and_goes_on(monkeypatch):
    monkeypatch.setenv("RTIASS_MIDI", "nothing")
    rack, told = open_rack(control(), ["auto"])
    assert rack is None
    assert told.startswith("Playing without controllers. ")


def test_wrong_map_ends_it():
    with pytest.raises(UserError, match="no mapping file 'lost'"):
        open_rack(control(), ["lost"])


def test_controllers_are_at_work_until_stopped():
    rack, told = open_rack(control(), ["generic-8-fader"], FakeSystem())
    assert told == ""
    assert rack is not None
    assert len(rack.surfaces) == 1
    rack.stop()


def test_option_and_rig_arrive(tmp_path, tiny_bundle, monkeypatch):
    calls = []
    monkeypatch.setattr("rtiass.live.commands.play", lambda options, **further: calls.append(further["midi"]) or 0)
    path = tmp_path / "rig.toml"
    path.write_text(f'[model]\nname = "{tiny_bundle}"\n[midi]\nmap = ["auto", "mine.toml"]\n')
    for arguments in (["--rig", str(path)], ["--rig", str(path), "--midi", "korg-nanokontrol2"]):
        assert CliRunner().invoke(app, ["live", *arguments]).exit_code == 0
    assert [list(maps) for maps in calls] == [["auto", str(tmp_path / "mine.toml")], ["korg-nanokontrol2"]]
