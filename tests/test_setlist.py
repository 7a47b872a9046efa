"""A set list leads from song to song: file, scene and vocal level at one press."""

import pytest

from rtiass.control import Control, vocabulary
from rtiass.control.scenes import SceneBook
from rtiass.control.setlist import SetList
from rtiass.control.songfile import SetListError, Song, read_songs, vocal_level, write_songs

TEXT = """\
[[songs]]
title = "One"
file = "one.flac"
scene = "Loud"
vocals = -12

[[songs]]
title = "Two"
vocals = "off"

[[songs]]
file = "three.wav"
scene = "Lost"
start = 12.5
vocals = "50%"
"""


@pytest.fixture
def show(tmp_path):
    (tmp_path / "list.toml").write_text(TEXT)
    (tmp_path / "scenes.toml").write_text('[scenes.Loud]\n"/stem/drums/gain" = 6\n"/stem/vocals/gain" = 3\n')
    control = Control(vocabulary(("vocals", "drums"), ["mix"], song=True))
    played = []
    songs = SetList(tmp_path / "list.toml", control, SceneBook(tmp_path / "scenes.toml", control), played.append)
    return songs, control, played


def test_songs_level_goes_over_the_scenes(show):
    songs, control, played = show
    songs.go(0)
    assert control.get("/stem/vocals/gain") == -12
    assert control.get("/stem/drums/gain") == 6
    assert control.get("/scene") == "Loud"
    assert [song.name for song in played] == ["One"]


def test_paths_lead_through_the_songs(show):
    songs, control, played = show
    control.trigger("/song/next", "midi")
    assert (songs.index, control.get("/song/index"), control.get("/stem/vocals/gain")) == (1, 1, -60)
    control.trigger("/song/previous", "midi")
    control.trigger("/song/previous", "midi")
    assert (songs.index, control.get("/song/index")) == (0, 0)
    control.set("/song/index", 900, "osc")
    assert (songs.index, control.get("/song/index")) == (2, 2)
    assert played[-1].start == 12.5
    assert control.failures == 0


def test_missing_scene_is_told_and_the_level_is_set_nevertheless(show):
    songs, control, _ = show
    control.set("/song/index", 2)
    assert "Lost" in songs.trouble
    assert control.get("/stem/vocals/gain") == pytest.approx(-6.02, abs=0.01)
    assert len([fault for fault in songs.problems() if "Song 3" in fault]) == 2


def test_level_of_the_singer_is_kept(show):
    songs, control, _ = show
    songs.go(1)
    control.set("/stem/vocals/gain", -21.5, "hand")
    songs.keep_vocals()
    again = read_songs(songs.path)
    assert [song.vocals for song in again] == [-12, -21.5, pytest.approx(-6.02, abs=0.01)]
    assert [song.name for song in again] == ["One", "Two", "three"]


def test_written_list_reads_the_same(tmp_path):
    songs = [
        Song(tmp_path / "a" / "x ä.flac", "X", "Verse", -60.0, 3.5, 0.0),
        Song(None, 'Live "one"'),
        Song(tmp_path.parent / "outside.wav", vocals=0.0),
    ]
    write_songs(tmp_path / "l.toml", songs)
    assert read_songs(tmp_path / "l.toml") == songs


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ('[[songs]]\ntitle = "a"\n\n[[songs]]\ntitel = "b"\n', 5, "'title'"),
        ('[[songs]]\ntitle = "a"\nvocals = 20\n', 3, "off"),
        ('[[songs]]\nfile = "a"\nstart = -1\n', 3, "start"),
        ("[[songs]]\nvocals = 1\n", 1, "title"),
        ('[[song]]\ntitle = "a"\n', 1, "'songs'"),
    ],
)
def test_errors_name_the_line(tmp_path, text, line, word):
    path = tmp_path / "l.toml"
    path.write_text(text)
    with pytest.raises(SetListError) as error:
        read_songs(path)
    assert f"line {line}: " in str(error.value)
    assert word in str(error.value)


def test_all_problems_are_told(tmp_path):
    path = tmp_path / "l.toml"
    path.write_text('[[songs]]\nfile = 3\nvocals = "x"\n[[songs]]\nzip = 1\n')
    with pytest.raises(SetListError) as error:
        read_songs(path)
    assert str(error.value).count(", line ") == 4


@pytest.mark.parametrize("text", ["loud", "nan", "inf%", "-5%", "13", True, None, 10**400, [], "1e999"])
def test_levels_that_are_none(text):
    value = vocal_level(text)
    assert value is None or (text in ("inf%", "-5%") and -60 <= value <= 12)
