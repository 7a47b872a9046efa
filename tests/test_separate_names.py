"""Songs of the same name get folders of their own, and no output replaces an input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import MakeSong

from rtiass.audiofile import AudioFileError
from rtiass.filejob import separate_song, song_names


def test_every_song_gets_its_own_folder() -> None:
    songs = ["a/Song.mp3", "b/song.mp3", "c/song.wav", "song-2.wav", "d/other.flac", ".hidden", "..wav"]
    names = song_names([Path(song) for song in songs])
    assert names == ["Song", "song-3", "song-4", "song-2", "other", ".hidden", "song-5"]
    assert len({name.casefold() for name in names}) == len(songs)


def test_an_input_is_never_replaced(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song("out/vocals/vocals.wav")
    before = song.read_bytes()
    with pytest.raises(AudioFileError, match="would replace an input"):
        separate_song(song, tmp_path / "out", pool)
    other, _ = make_song("vocals.mp3", subtype=None)
    with pytest.raises(AudioFileError, match="would replace an input"):
        separate_song(other, tmp_path / "out", pool, keep=[song])
    assert song.read_bytes() == before
    assert [p.name for p in song.parent.iterdir()] == ["vocals.wav"]


def test_files_of_an_earlier_run_are_replaced(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song()
    assert not separate_song(song, tmp_path / "out", pool).replaced
    first = (tmp_path / "out" / "song" / "vocals.wav").read_bytes()
    make_song(seed=5)
    assert separate_song(song, tmp_path / "out", pool).replaced
    assert (tmp_path / "out" / "song" / "vocals.wav").read_bytes() != first
