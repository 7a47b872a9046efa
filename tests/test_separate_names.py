"""Songs of the same name get folders of their own, and no output replaces an input."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile
from conftest import MakeSong
from fake_engine import music
from sound_files import encode_aac

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


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take only proper Unicode as file names")
@pytest.mark.parametrize("suffix", ["wav", "m4a"])
def test_names_need_not_be_unicode(pool: Any, tmp_path: Path, suffix: str) -> None:
    plain = tmp_path / f"plain.{suffix}"
    if suffix == "m4a":
        encode_aac(plain, music(20_000), 44100)
    else:
        soundfile.write(plain, music(20_000), 44100)
    song = plain.rename(tmp_path / os.fsdecode(b"$\\fr\xff\xe4$." + suffix.encode()))
    for fmt in ("wav", "flac", "ogg"):
        result = separate_song(song, tmp_path / "out", pool, fmt=fmt, stems=["vocals"], picture=fmt == "wav")
        assert all(path.exists() and path.parent.name == song.stem for path in result.files)
