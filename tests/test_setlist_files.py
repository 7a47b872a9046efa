"""Songs of a set list that name files: what plays goes on until another file has begun, whatever is missing."""

from __future__ import annotations

import pytest
import soundfile
from fake_engine import music

from rtiass.control import Control, vocabulary
from rtiass.control.scenes import SceneBook
from rtiass.control.setlist import SetList, SongFileError
from rtiass.control.show import Show
from rtiass.control.songcheck import check_song
from rtiass.control.songfile import Song
from rtiass.errors import UserError

LIST = """\
[[songs]]
title = "One"
file = "one.wav"
scene = "A"
vocals = -12
[[songs]]
title = "Gone"
file = "gone.wav"
scene = "B"
vocals = -3
[[songs]]
title = "Three"
file = "three.wav"
start = 0.05
wait = true
vocals = -9
[[songs]]
title = "Four"
file = "four.wav"
"""
VOCALS = "/stem/vocals/gain"


@pytest.fixture
def files(tmp_path):
    for name in ("one", "three", "four"):
        soundfile.write(tmp_path / f"{name}.wav", music(4410), 44100)
    (tmp_path / "l.toml").write_text(LIST)
    (tmp_path / "s.toml").write_text(f'[scenes.A]\n"{VOCALS}" = 1\n[scenes.B]\n"/bypass" = true\n')
    return tmp_path


class Player:
    def __init__(self) -> None:
        self.played: list[str] = []

    def __call__(self, song: Song) -> None:
        check_song(song)
        self.played.append(song.name)


@pytest.fixture
def show(files):
    control, player = Control(vocabulary(("vocals", "drums"), ["mix"], song=True)), Player()
    songs = SetList(files / "l.toml", control, SceneBook(files / "s.toml", control), player)
    songs.begin()
    return songs, control, player


def test_a_song_is_its_file_its_scene_and_its_level(show):
    songs, control, player = show
    assert player.played == ["One"]
    assert (control.get("/scene"), control.get(VOCALS), control.get("/song/title")) == ("A", -12, "One")
    assert songs.names == ("One", "Gone", "Three", "Four")


def test_next_and_previous_leave_a_missing_file_out_and_say_so(show):
    songs, control, player = show
    control.trigger("/song/next", "midi")
    assert player.played == ["One", "Three"]
    assert (control.get("/song/index"), control.get("/song/title"), control.get(VOCALS)) == (2, "Three", -9)
    assert "Song 2, 'Gone', can't be played. There is no file" in control.get("/trouble")
    assert "'Three' plays in its place" in control.get("/trouble")
    control.trigger("/song/next", "midi")
    assert (player.played[-1], control.get("/trouble")) == ("Four", "")
    control.set("/song/index", 2, "osc")
    control.trigger("/song/previous", "midi")
    assert player.played[-1] == "One"
    assert control.get("/bypass") is False
    assert songs.index == 0


def test_a_missing_file_that_is_called_changes_nothing(show):
    songs, control, player = show
    before = control.snapshot(scene=False)
    control.set("/song/index", 1, "web")
    assert player.played == ["One"]
    assert control.snapshot(scene=False) == before
    assert (songs.index, control.get("/song/index"), control.get("/song/title")) == (0, 0, "One")
    assert "Gone" in control.get("/trouble")
    with pytest.raises(SongFileError):
        songs.go(1)


def test_the_end_of_a_file_moves_on_or_waits(show):
    songs, control, player = show
    songs.over()
    assert player.played == ["One", "Three"]
    songs.over()
    assert player.played == ["One", "Three"], "the song says that the next one waits"
    assert control.get("/message") == "'Three' is over. The next song, 'Four', waits until it is called."
    control.trigger("/song/next", "keys")
    songs.over()
    assert player.played == ["One", "Three", "Four"]
    assert "It was the last song" in control.get("/message")
    control.set("/song/wait", True, "keys")
    control.set("/song/index", 0, "keys")
    songs.over()
    assert player.played[-1] == "One"
    assert "'Gone', waits" in control.get("/message")


def test_the_end_of_a_song_that_was_left_already_is_no_end(files):
    errands = []
    control, player = Control(vocabulary(("vocals", "drums"), ["mix"], song=True)), Player()
    songs = SetList(files / "l.toml", control, None, player, later=errands.append)
    songs.begin()
    control.set("/song/index", 3, "midi")
    songs.over()  # the file ended while the song was being called
    control.set("/song/index", 2, "midi")
    while errands:
        errands.pop(0)()
    assert player.played == ["One", "Four", "Three"]


def test_when_none_that_is_left_can_be_played_the_present_one_goes_on(show, files):
    songs, control, player = show
    control.set("/song/index", 2, "web")
    (files / "four.wav").write_bytes(b"no sound")
    control.trigger("/song/next", "midi")
    assert songs.index == 2
    assert player.played == ["One", "Three"]
    assert "Song 4, 'Four', can't be played" in control.get("/trouble")
    assert control.failures == 0


def test_a_start_beyond_the_end_is_told(files):
    with pytest.raises(UserError, match=r"is 0\.1 s long and can't start at 5 s"):
        check_song(Song(files / "one.wav", start=5.0))


def test_show_begins_with_the_first_that_is_there_and_tells_the_rest(files):
    (files / "one.wav").unlink()
    control, player = Control(vocabulary(("vocals", "drums"), ["mix"], song=True)), Player()
    with Show(control, setlist=files / "l.toml", play=player) as show:
        assert player.played == ["Three"]
        assert show.song_names()[2] == "Three"
        assert len(show.notes) == 1
        assert "one.wav" in show.notes[0] and "gone.wav" in show.notes[0]
        assert "one.wav" in control.get("/trouble")


def test_show_after_a_crash_plays_the_song_that_it_was_at_with_the_faders_as_they_were(files):
    (files / ".s.toml.now").write_text(f'[values]\n"{VOCALS}" = -21.0\n"/song/index" = 2.0\n"/song/wait" = true\n')
    control, player = Control(vocabulary(("vocals", "drums"), ["mix"], song=True)), Player()
    with Show(control, scenes=files / "s.toml", setlist=files / "l.toml", play=player):
        assert player.played == ["Three"]
        assert (control.get(VOCALS), control.get("/song/title"), control.get("/song/wait")) == (-21, "Three", True)


def test_show_without_a_single_song_ends_in_a_sentence_and_keeps_what_a_crash_has_left(files):
    for name in ("one", "three", "four"):
        (files / f"{name}.wav").unlink()
    (files / ".s.toml.now").write_text("[values]\n")
    control = Control(vocabulary(("vocals", "drums"), ["mix"], song=True))
    with pytest.raises(UserError, match=r"No song of .* can be played\. There is no file .*one\.wav"):
        Show(control, scenes=files / "s.toml", setlist=files / "l.toml", play=Player())
    assert (files / ".s.toml.now").exists()


def test_files_and_live_songs_do_not_go_together(files):
    with (files / "l.toml").open("a") as list_:
        list_.write('[[songs]]\ntitle = "Live"\n')
    control = Control(vocabulary(("vocals", "drums"), ["mix"], song=True))
    with pytest.raises(UserError, match="song 5 of it has no file"):
        Show(control, setlist=files / "l.toml", play=Player())
    with pytest.raises(UserError, match="files can't be played here"):
        Show(control, setlist=files / "l.toml")


@pytest.mark.parametrize(
    ("path", "value", "option"),
    [("/scene", "A", "--scenes"), ("/scene/save", "A", "--scenes"), ("/song/next", True, "--setlist")],
)
def test_what_was_not_given_is_named(path, value, option):
    control = Control(vocabulary(("vocals", "drums"), ["mix"], song=True))
    with Show(control):
        control.set(path, value, "osc")
        assert option in control.get("/message")
