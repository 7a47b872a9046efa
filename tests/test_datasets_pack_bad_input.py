"""Bad recordings: each is named, the song is whole or not in the pool at all, and other songs go on."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from dataset_copies import RATE, folder, tone, write

from offline_train.datasets import open_set
from offline_train.datasets.pack import finish, pack
from offline_train.pool import Pool
from rtiass.errors import UserError


def packed(tmp_path: Path, pad: float = 1.0):
    said: list[str] = []
    data = open_set("folder", tmp_path / "set")
    results = pack(data, tmp_path / "pool", jobs=1, say=said.append, pad=pad)
    return data, results, said


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Folder of one of two songs; the other one is sound."""
    folder(tmp_path / "set", {"Bad": ["vocals.wav", "bass.wav"], "Good": ["vocals.wav"]})
    return tmp_path / "set" / "Bad"


def check_left_out(tmp_path: Path, message: str) -> None:
    data, results, said = packed(tmp_path)
    assert [bool(result.fault) for result in results] == [True, False]
    assert message in results[0].fault
    assert any(message in text for text in said)
    assert [song.name for song in Pool(tmp_path / "pool").songs] == ["set/Good"]
    assert not list((tmp_path / "pool").rglob("*bad*"))
    with pytest.raises(UserError, match="1 of 2 songs of set were left out"):
        finish(data, results)


def test_unreadable(tmp_path: Path, song: Path) -> None:
    (song / "bass.wav").write_bytes(b"This is not sound.")
    check_left_out(tmp_path, str(song / "bass.wav"))


def test_empty_file(tmp_path: Path, song: Path) -> None:
    (song / "bass.wav").write_bytes(b"")
    check_left_out(tmp_path, f"{song / 'bass.wav'} is empty")


def test_no_samples(tmp_path: Path, song: Path) -> None:
    write(song / "bass.wav", np.zeros((0, 2), np.float32))
    check_left_out(tmp_path, str(song / "bass.wav"))


def test_cut_download(tmp_path: Path, song: Path) -> None:
    whole = (song / "bass.wav").read_bytes()
    (song / "bass.wav").write_bytes(whole[: len(whole) - 400])
    check_left_out(tmp_path, "shorter than its header says")


def test_damaged_in_the_middle(tmp_path: Path, song: Path) -> None:
    (song / "bass.wav").unlink()
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2 * RATE, 2)).astype(np.float32)
    path = write(song / "bass.flac", noise)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    check_left_out(tmp_path, str(path))


def test_lengths_too_far_apart(tmp_path: Path, song: Path) -> None:
    write(song / "bass.wav", tone("short", 0.5))
    _, results, _ = packed(tmp_path)
    fault = results[0].fault
    assert f"{song / 'bass.wav'} lasts 0.50 s but {song / 'vocals.wav'} 2.00 s" in fault
    assert "--pad 2" in fault
    check_left_out(tmp_path, "--pad 2")


def test_far_shorter_on_demand(tmp_path: Path, song: Path) -> None:
    write(song / "bass.wav", tone("short", 0.5))
    _, results, _ = packed(tmp_path, pad=2)
    assert not results[0].fault


def test_a_little_shorter_is_padded(tmp_path: Path, song: Path) -> None:
    write(song / "bass.wav", tone("short", 1.5))
    _, results, said = packed(tmp_path)
    assert not results[0].fault
    assert f"Warning: {song / 'bass.wav'} ends 0.50 s early; it is padded with silence." in said
    bass = Pool(tmp_path / "pool").songs[0].stems["bass"][0].audio
    assert len(bass) == 2 * RATE
    assert bass[: RATE // 2].any() and not bass[3 * RATE // 2 :].any()


def test_silent_stem(tmp_path: Path, song: Path) -> None:
    write(song / "bass.wav", np.zeros((2 * RATE, 2), np.float32))
    _, _, said = packed(tmp_path)
    assert f"Warning: {song / 'bass.wav'} is silent and was left out." in said
    assert list(Pool(tmp_path / "pool").songs[0].stems) == ["vocals"]


def test_silent_song(tmp_path: Path, song: Path) -> None:
    for name in ("bass", "vocals"):
        write(song / f"{name}.wav", np.zeros((2 * RATE, 2), np.float32))
    _, results, said = packed(tmp_path)
    assert "Warning: Bad is silent and was left out." in said
    assert results[0].items == []


def test_nothing_but_silence(tmp_path: Path) -> None:
    write(tmp_path / "set" / "One" / "bass.wav", np.zeros((RATE, 2), np.float32))
    data, results, _ = packed(tmp_path)
    with pytest.raises(UserError, match="Nothing was packed"):
        finish(data, results)


def test_clipped(tmp_path: Path, song: Path) -> None:
    loud = np.zeros((2 * RATE, 2), np.float32)
    loud[:, 0] = 0.1
    loud[100:110, 0] = 1.0
    loud[200, 1] = 1.0  # a lone peak is none
    soundfile.write(song / "bass.wav", loud, RATE, subtype="PCM_16")
    _, results, said = packed(tmp_path)
    assert f"Warning: {song / 'bass.wav'} is clipped: 10 samples at full scale." in said
    assert not results[0].fault


def test_values_that_are_not_numbers(tmp_path: Path, song: Path) -> None:
    sound = tone("nan", 2.0)
    sound[1000:1005] = np.nan
    write(song / "bass.wav", sound, subtype="FLOAT")
    _, results, said = packed(tmp_path)
    assert not results[0].fault
    assert any(str(song / "bass.wav") in text and "10 values that are not numbers" in text for text in said)
    assert not Pool(tmp_path / "pool").songs[0].stems["bass"][0].audio[1000:1005].any()
