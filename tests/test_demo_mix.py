"""The mix keeps its levels: the limiter holds the ceiling, the room stays small, the file reads as it was written."""

import numpy as np
import pytest
import soundfile

from offline_train.demo_song.__main__ import TAGS, write_vorbis
from offline_train.demo_song.mix import CEILING, active_rms, limiter, reverb, squash, voice
from offline_train.demo_song.sampler import RATE
from offline_train.demo_song.score import BEAT, VOICE_START, bars


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(3).normal(0, 0.2, size=(RATE, 2))


def test_limiter_holds_the_ceiling(noise):
    noise[20000:20010] *= 10
    limited = noise * limiter(noise)
    assert np.abs(limited).max() <= CEILING + 1e-9


def test_limiter_leaves_quiet_sound_alone(noise):
    quiet = noise * 0.5
    assert np.array_equal(limiter(quiet), np.ones((len(quiet), 1)))


def test_limiter_moves_slowly(noise):
    noise[20000] = 4.0
    assert np.abs(np.diff(limiter(noise)[:, 0])).max() < 0.01


def test_active_rms_ignores_rests(noise):
    with_rest = np.concatenate([noise, np.zeros((3 * RATE, 2))])
    assert active_rms(with_rest) == pytest.approx(active_rms(noise), rel=1e-6)


def test_squash_rounds_only_the_peaks(noise):
    quiet = noise.copy()
    quiet[1000] = 5.0
    out = squash(quiet, 3.0)
    assert np.abs(out).max() <= 3.0 * active_rms(quiet)
    small = np.abs(quiet) < 0.1
    assert np.abs(out - quiet)[small].max() < 0.005


def test_room_follows_the_sound():
    click = np.zeros((RATE, 2))
    click[100] = 1.0
    room = reverb(click, 0.5, 0.2, seed=1) - click
    assert np.abs(room[: 100 + round(0.018 * RATE)]).max() < 1e-9
    assert np.sum(room**2, axis=0) == pytest.approx([0.04, 0.04], rel=0.02)
    assert np.sum(room[RATE // 2 :] ** 2) < 1e-3 * np.sum(room**2)


def test_voice_enters_on_the_first_beat_of_each_round(tmp_path):
    take = np.zeros(RATE * 24)
    take[round((VOICE_START + 0.4) * RATE)] = 1.0
    with soundfile.SoundFile(tmp_path / "vocals.ogg", "w", RATE, 1, format="WAV", subtype="FLOAT") as file:
        file.write(take)
    sound = voice(tmp_path, 58.0)
    for beat in bars()[1]:
        expected = round((beat * BEAT + 0.4) * RATE)
        part = np.abs(sound[expected - 500 : expected + 500]).max(axis=1)
        assert np.argmax(part) == pytest.approx(500, abs=2)


def test_written_file_reads_back(tmp_path):
    path = tmp_path / "song.ogg"
    time = np.arange(2 * RATE + 77) / RATE
    sound = 0.5 * np.sin(2 * np.pi * np.array([330.0, 440.0]) * time[:, None])
    write_vorbis(path, sound)
    with soundfile.SoundFile(path) as file:
        assert (file.samplerate, file.channels, file.frames) == (RATE, 2, len(sound))
        assert file.title == TAGS["title"]
        read = file.read()
    assert np.corrcoef(read[:, 1], sound[:, 1])[0, 1] > 0.999
