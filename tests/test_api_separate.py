"""``rtiass.separate`` and ``rtiass.separate_to``: whole songs, in memory or to files, from files or arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import MakeSong

import rtiass

pytestmark = pytest.mark.usefixtures("fake_model")


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (48000, 1), (22050, 3)])
def test_memory_array_and_files_agree(make_song: MakeSong, tmp_path: Path, rate: int, channels: int) -> None:
    song, sound = make_song(rate=rate, channels=channels)
    from_file = rtiass.separate(song)
    from_array = rtiass.separate(sound, rate=rate)
    written = rtiass.separate_to(song, tmp_path / "out")
    assert from_file.rate == from_array.rate == rate
    assert list(from_file.stems) == ["vocals", "drums", "bass", "other"]
    for path in written.files:
        samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
        np.testing.assert_array_equal(from_file.stems[path.stem], samples)
        np.testing.assert_array_equal(from_array.stems[path.stem], samples)
    total = sum(stem.astype(np.float64) for stem in from_file.stems.values())
    np.testing.assert_array_equal(total, sound)
    assert len(from_file.activity.times) == len(written.activity.times) > 5
    assert from_file.warnings == []


def test_one_dimensional_sound_is_mono(make_song: MakeSong) -> None:
    _, sound = make_song(channels=1)
    result = rtiass.separate(sound[:, 0], rate=44100, stems=["drums"])
    assert list(result.stems) == ["drums"]
    assert result.stems["drums"].shape == sound.shape


def test_progress_is_told(make_song: MakeSong) -> None:
    song, sound = make_song(samples=50_000)
    for source, rate in ((song, None), (sound, 44100)):
        told: list[tuple[float, float | None]] = []
        rtiass.separate(source, rate=rate, progress=lambda done, total: told.append((done, total)))  # noqa: B023
        assert told[-1] == (50_000 / 44100, 50_000 / 44100)
        assert len(told) == 4


def test_a_damaged_file_comes_with_its_warnings(make_song: MakeSong) -> None:
    song, _ = make_song()
    song.write_bytes(song.read_bytes()[:50_000])
    result = rtiass.separate(song)
    assert result.stems["vocals"].shape == ((50_000 - 44) // 6, 2)
    assert len(result.warnings) == 1


@pytest.mark.parametrize(
    ("source", "rate", "words"),
    [
        (np.zeros((10, 2), np.int16), 44100, "must be floats"),
        (np.zeros((0, 2), np.float32), 44100, "must be floats"),
        (np.zeros((2, 2, 2), np.float32), 44100, "must be floats"),
        (np.zeros((10, 2), np.float32), None, "rate=44100"),
        (np.zeros((10, 2), np.float32), 10, "rate=44100"),
        ("song.wav", 44100, "leave it out"),
        ("missing.wav", None, "There is no file"),
    ],
)
def test_wrong_sources_are_sentences(source: object, rate: int | None, words: str) -> None:
    with pytest.raises(rtiass.UserError, match=words):
        rtiass.separate(source, rate=rate)  # type: ignore[arg-type]


def test_values_that_are_not_numbers_do_not_spread(make_song: MakeSong) -> None:
    _, sound = make_song()
    broken = sound.copy()
    broken[5] = np.nan
    result = rtiass.separate(broken, rate=44100)
    assert all(np.isfinite(stem).all() for stem in result.stems.values())
    assert np.all(sum(stem.astype(np.float64) for stem in result.stems.values())[5] == 0)
