"""Stems add up to the song, sample by sample, at every rate, channel count and length; nothing is lost by accident."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import MakeSong
from sound_files import encode_aac, signal_to_noise

from rtiass.audiofile import open_audio
from rtiass.filejob import separate_song


def _stems(files: list[Path]) -> dict[str, np.ndarray]:
    return {path.stem: soundfile.read(path, dtype="float64", always_2d=True)[0] for path in files}


@pytest.mark.parametrize("samples", [1, 127, 16521])
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
def test_stems_of_a_24_bit_song_add_up_exactly(
    pool: Any, make_song: MakeSong, tmp_path: Path, rate: int, channels: int, samples: int
) -> None:
    song, sound = make_song(samples=samples, channels=channels, rate=rate)
    result = separate_song(song, tmp_path / "out", pool)
    stems = _stems(result.files)
    assert set(stems) == {"vocals", "drums", "bass", "other"}
    assert all(stem.shape == sound.shape for stem in stems.values())
    assert all(soundfile.info(path).samplerate == rate for path in result.files)
    np.testing.assert_array_equal(sum(stems.values()), sound)
    assert result.seconds == samples / rate
    assert result.warnings == []


def test_stems_are_not_trivial(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, sound = make_song(samples=60_000)
    stems = _stems(separate_song(song, tmp_path / "out", pool).files)
    for stem in stems.values():
        assert 0.02 < np.std(stem) / np.std(sound) < 0.98


def test_stems_of_a_float_song_add_up_within_its_rounding(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, sound = make_song(subtype="FLOAT")
    stems = _stems(separate_song(song, tmp_path / "out", pool).files)
    assert np.abs(sum(stems.values()) - sound).max() <= 2.0**-25


def test_flac_stems_of_a_24_bit_song_add_up_exactly(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, sound = make_song("song.flac", rate=48000)
    result = separate_song(song, tmp_path / "out", pool, fmt="flac")
    assert {path.suffix for path in result.files} == {".flac"}
    np.testing.assert_array_equal(sum(_stems(result.files).values()), sound)


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "m4a"])
def test_stems_of_a_lossy_song_add_up_to_what_was_decoded(
    pool: Any, make_song: MakeSong, tmp_path: Path, suffix: str
) -> None:
    song = tmp_path / f"song.{suffix}"
    if suffix == "m4a":
        encode_aac(song, make_song()[1], 44100)
    else:
        make_song(song.name, subtype=None)
    with open_audio(song) as reader:
        sound = np.concatenate(list(reader.blocks()))
    assert len(sound) == 16521
    stems = _stems(separate_song(song, tmp_path / "out", pool).files)
    assert np.abs(sum(stems.values()) - sound).max() <= 2.0**-24


def test_ogg_stems_add_up_as_well_as_vorbis_lets_them(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, sound = make_song(samples=44100)
    stems = _stems(separate_song(song, tmp_path / "out", pool, fmt="ogg").files)
    assert all(stem.shape == sound.shape for stem in stems.values())
    assert signal_to_noise(sum(stems.values()), sound) > 10


def test_loud_float_song_is_not_clipped(pool: Any, tmp_path: Path, make_song: MakeSong) -> None:
    song, sound = make_song(subtype="FLOAT")
    loud = 20 * sound
    soundfile.write(song, loud, 44100, subtype="FLOAT")
    stems = _stems(separate_song(song, tmp_path / "wav", pool).files)
    peak = max(np.abs(stem).max() for stem in stems.values())
    assert peak > 2
    assert np.abs(sum(stems.values()) - loud).max() <= 2.0**-19
    result = separate_song(song, tmp_path / "flac", pool, fmt="flac")
    lowered = _stems(result.files)
    assert result.warnings == [
        f"song.wav: all files were lowered by {20 * np.log10(peak):.2f} dB, because they would clip as FLAC. "
        "WAV keeps the level."
    ]
    for name, stem in stems.items():
        np.testing.assert_allclose(lowered[name], stem / peak, atol=2.0**-21)
