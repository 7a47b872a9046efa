"""A damaged file gives what can be read, and a warning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_engine import music
from sound_files import encode_aac, lag

from rtiass.audiofile import open_audio


def _read(path: Path) -> tuple[np.ndarray, list[str]]:
    with open_audio(path) as reader:
        sound = np.concatenate(list(reader.blocks()))
        return sound, reader.warnings


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "m4a"])
def test_cut_file_gives_its_start(tmp_path: Path, suffix: str) -> None:
    path, original = tmp_path / f"a.{suffix}", music(100_000)
    if suffix == "m4a":
        encode_aac(path, original, 44100)
    else:
        soundfile.write(path, original, 44100)
    whole, warnings = _read(path)
    assert len(whole) == len(original)
    assert warnings == []
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    start, warnings = _read(path)
    assert 20_000 < len(start) < 90_000
    # The last packet of a cut lossy file may come out otherwise.
    np.testing.assert_array_equal(start[:20_000], whole[:20_000])
    assert warnings
    assert all(w.startswith(path.name) and w.endswith(".") for w in warnings)


def test_hole_in_m4a_shifts_nothing(tmp_path: Path) -> None:
    path, original = tmp_path / "a.m4a", music(100_000)
    encode_aac(path, original, 44100)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = np.random.default_rng(2).integers(0, 256, 2000, dtype=np.uint8).tobytes()
    path.write_bytes(data)
    sound, warnings = _read(path)
    assert len(sound) == len(original)
    assert lag(sound[70_000:], original[70_000:]) == 0
    assert len(warnings) == 1
    assert "packets lost" in warnings[0]


def test_values_that_are_not_numbers_become_silence(tmp_path: Path) -> None:
    path, original = tmp_path / "a.wav", music(1000)
    broken = original.copy()
    broken[10] = np.nan
    broken[20, 0] = -np.inf
    soundfile.write(path, broken, 44100, subtype="FLOAT")
    sound, warnings = _read(path)
    expected = original.copy()
    expected[10] = 0
    expected[20, 0] = 0
    np.testing.assert_array_equal(sound, expected)
    assert warnings == ["a.wav has 3 values that are not numbers; they were taken as silence."]
