"""Every format gives its samples at its own rate, in its own length, without a shift."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_engine import music
from sound_files import encode_aac, lag

from rtiass.audiofile import open_audio

LOSSLESS = [
    ("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.wav", "FLOAT"), ("a.wav", "PCM_U8"),
    ("a.flac", "PCM_16"), ("a.flac", "PCM_24"), ("a.aiff", "PCM_24"), ("a.w64", "PCM_16"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subtype"), LOSSLESS)
def test_lossless_formats_are_exact(tmp_path: Path, name: str, subtype: str) -> None:
    path = tmp_path / name
    soundfile.write(path, music(16521), 44100, subtype=subtype)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    with open_audio(path) as reader:
        sound = np.concatenate(list(reader.blocks(1000)))
        assert (reader.rate, reader.channels, reader.frames) == (44100, 2, 16521)
        assert reader.warnings == []
    np.testing.assert_array_equal(sound, expected)


@pytest.mark.parametrize(("name", "subtype"), [("a.ogg", "VORBIS"), ("a.mp3", "MPEG_LAYER_III")])
def test_lossy_formats_are_aligned(tmp_path: Path, name: str, subtype: str) -> None:
    path, original = tmp_path / name, music(44100)
    soundfile.write(path, original, 44100, subtype=subtype)
    with open_audio(path) as reader:
        sound = np.concatenate(list(reader.blocks()))
        assert reader.warnings == []
    assert len(sound) == len(original)
    assert lag(sound, original) == 0


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
def test_m4a_is_as_long_as_what_was_encoded(tmp_path: Path, rate: int) -> None:
    path, original = tmp_path / "a.m4a", music(rate)
    encode_aac(path, original, rate)
    with open_audio(path) as reader:
        sound = np.concatenate(list(reader.blocks(999)))
        assert (reader.rate, reader.channels, reader.frames) == (rate, 2, rate)
        assert reader.warnings == []
    assert len(sound) == rate
    assert lag(sound, original) == 0


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
@pytest.mark.parametrize("samples", [500, 5000, 30001, 99999])
def test_m4a_of_odd_lengths_is_whole_and_without_a_warning(tmp_path: Path, rate: int, samples: int) -> None:
    path = tmp_path / "a.m4a"
    encode_aac(path, music(samples), rate)
    with open_audio(path) as reader:
        assert sum(len(block) for block in reader.blocks()) == samples
        assert reader.warnings == []


def test_raw_aac_is_read(tmp_path: Path) -> None:
    path, original = tmp_path / "a.aac", music(44100, 1)
    encode_aac(path, original, 44100)
    with open_audio(path) as reader:
        sound = np.concatenate(list(reader.blocks()))
        assert reader.channels == 1
    # A raw stream does not tell the encoder's delay: all of it is kept.
    assert len(original) <= len(sound) <= len(original) + 4096
    assert np.abs(sound).max() > 0.1


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
def test_rates_and_channels_are_kept(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, music(1000, channels), rate, subtype="FLOAT")
    with open_audio(path) as reader:
        assert (reader.rate, reader.channels) == (rate, channels)
        assert reader.read(5000).shape == (1000, channels)
        assert reader.read(5000).shape == (0, channels)
