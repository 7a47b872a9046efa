"""A show begins with its first settings, its scene and its first song, or where a crash has left it."""

import time

import pytest

from rtiass.control import Control, vocabulary
from rtiass.control.show import Show
from rtiass.errors import UserError


def control(song: bool = True) -> Control:
    return Control(vocabulary(("vocals", "drums"), ["mix"], song=song))


def test_order_of_the_beginning(tmp_path):
    scenes, songs = tmp_path / "s.toml", tmp_path / "l.toml"
    scenes.write_text('[scenes.A]\n"/stem/drums/gain" = -3\n"/stem/vocals/gain" = -4\n')
    songs.write_text('[[songs]]\ntitle = "x"\nvocals = -5\n')
    state = control()
    start = {"/stem/drums/gain": -1.0, "/stem/drums/mute": True}
    with Show(state, scenes=scenes, setlist=songs, recall="A", seconds=2.0, start=start) as show:
        assert show.notes == []
        assert state.get("/stem/drums/gain") == -3
        assert state.get("/stem/vocals/gain") == -5
        assert state.get("/stem/drums/mute") is True
        assert state.get("/scene/seconds") == 2


def test_what_a_crash_has_left_goes_over_it(tmp_path):
    scenes = tmp_path / "s.toml"
    scenes.write_text('[scenes.A]\n"/stem/vocals/gain" = -4\n')
    state = control()
    with Show(state, scenes=scenes, recall="A") as show:
        state.set("/stem/vocals/gain", -9)
        assert show.book is not None
        journal = show.book.journal
        for _ in range(2000):
            if journal.path.exists() and '/gain" = -9.0' in journal.path.read_text():
                break
            time.sleep(0.01)
        left = journal.path.read_text()
    (tmp_path / ".s.toml.now").write_text(left)
    fresh = control()
    with Show(fresh, scenes=scenes, recall="A") as show:
        assert "restored" in show.notes[0]
        assert fresh.get("/stem/vocals/gain") == -9
    assert not (tmp_path / ".s.toml.now").exists()


def test_wrong_things_end_it(tmp_path):
    scenes = tmp_path / "s.toml"
    with pytest.raises(UserError, match="no scene"):
        Show(control(), scenes=scenes, recall="A")
    with pytest.raises(UserError, match="no songs here"):
        Show(control(song=False), setlist=tmp_path / "l.toml")


def test_show_that_can_not_begin_leaves_what_a_crash_has_left(tmp_path):
    left = tmp_path / ".s.toml.now"
    left.write_text('[values]\n"/stem/vocals/gain" = -9.0\n')
    with pytest.raises(UserError, match="no scene"):
        Show(control(), scenes=tmp_path / "s.toml", recall="A")
    assert left.exists()
