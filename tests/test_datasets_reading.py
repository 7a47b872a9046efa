"""Lazy reading: any window at any rate is the same piece of the whole, from any format, and opening reads nothing."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from dataset_copies import RATE, folder, tone, write
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_files import encode_aac

from offline_train.datasets import open_set
from offline_train.datasets.base import BLOCK, Health
from offline_train.datasets.filetrack import FileTrack
from rtiass.errors import UserError

LENGTH = 30000


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> FileTrack:
    path = tmp_path_factory.mktemp("reading") / "piano.wav"
    return FileTrack("piano", write(path, tone("piano", LENGTH / RATE), subtype="FLOAT"))


@settings(max_examples=40, deadline=None)
@given(start=st.integers(-500, LENGTH + 500), count=st.integers(0, 5000))
def test_window_at_its_own_rate(track: FileTrack, start: int, count: int) -> None:
    whole = soundfile.read(track.path, dtype="float32")[0].T
    padded = np.pad(whole, ((0, 0), (500, 6000)))
    np.testing.assert_array_equal(track.read(start, count), padded[:, 500 + start : 500 + start + count])


@settings(max_examples=40, deadline=None)
@given(start=st.integers(8, 20000), count=st.integers(1, 5000), rate=st.sampled_from([48000, 32000, 22050, 16000]))
def test_window_at_another_rate(track: FileTrack, start: int, count: int, rate: int) -> None:
    whole = soxr.resample(soundfile.read(track.path, dtype="float32")[0], RATE, rate).T
    wanted = whole[:, start : min(start + count, whole.shape[1] - 8)]  # the filter's own ends are left out
    got = track.read(start, count, rate)
    assert got.shape == (2, count)
    np.testing.assert_allclose(got[:, : wanted.shape[1]], wanted, atol=1e-6)


@pytest.mark.parametrize("rate", [RATE, 48000, 22050])
def test_all_of_it_in_order(tmp_path: Path, rate: int) -> None:
    sound = tone("long", 7.0)
    track = FileTrack("piano", write(tmp_path / "a.wav", sound, subtype="FLOAT"))
    health = Health()
    blocks = list(track.sound(rate, health))
    assert [block.shape[1] for block in blocks[:-1]] == [BLOCK] * (len(blocks) - 1)
    wanted = sound if rate == RATE else soxr.resample(sound, RATE, rate)
    got = np.concatenate(blocks, axis=1)
    assert abs(got.shape[1] - len(wanted)) <= 1
    assert health.samples == got.shape[1]
    np.testing.assert_allclose(got[:, :-2], wanted.T[:, : got.shape[1] - 2], atol=1e-6)


def test_mono_stands_in_both_channels(tmp_path: Path) -> None:
    sound = tone("mono", 0.5, channels=1)
    track = FileTrack("bass", write(tmp_path / "bass.flac", sound))
    got = track.read(100, 1000)
    np.testing.assert_array_equal(got[0], got[1])
    np.testing.assert_allclose(got[0], sound[100:1100, 0], atol=1 / 32768)


def test_m4a(tmp_path: Path) -> None:
    sound = tone("m4a", 2.0)
    encode_aac(tmp_path / "bass.m4a", sound, RATE)
    track = FileTrack("bass", tmp_path / "bass.m4a")
    assert track.seconds == pytest.approx(2.0, abs=0.01)
    middle = track.read(40000, 4000)
    error = np.sqrt(np.mean((middle - sound[40000:44000].T) ** 2))
    assert error < 0.05 * np.sqrt(np.mean(sound**2))


def test_more_than_two_channels_are_refused(tmp_path: Path) -> None:
    track = FileTrack("bass", write(tmp_path / "bass.wav", tone("six", 0.2, channels=6)))
    with pytest.raises(UserError, match=r"bass\.wav has 6 channels"):
        track.read(0, 10)


def test_opening_a_set_reads_no_sound(tmp_path: Path) -> None:
    folder(tmp_path, {"One": ["vocals.wav"]})
    (tmp_path / "One" / "vocals.wav").write_bytes(b"no sound at all")
    song = open_set("folder", tmp_path).songs[0]
    with pytest.raises(UserError, match=r"vocals\.wav"):
        song.read("vocals", 0, 10)


def test_a_song_sums_the_tracks_of_a_class(tmp_path: Path) -> None:
    song = open_set("folder", folder(tmp_path, {"One": ["kick.wav", "snare.wav", "bass.wav"]})).songs[0]
    kick, snare = (next(t for t in song.tracks if t.name == name).read(10, 500) for name in ("kick", "snare"))
    np.testing.assert_array_equal(song.read("drums", 10, 500), kick + snare)
    assert not song.read("vocals", 10, 500).any()
