"""Sampled notes are played at the pitch, the time and the loudness that were asked for."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from offline_train.demo_song import score
from offline_train.demo_song.measure import lateness, onsets, pitches
from offline_train.demo_song.players import Track, drums
from offline_train.demo_song.sampler import RATE, Instrument, attack


@pytest.fixture
def strings(tmp_path: Path) -> Instrument:
    """Two notes (A2 and A3) in two loudness layers, each with 30 ms of silence before its attack."""
    rows, sounds, at = ["file\tarticulation\tmidi_note\tvelocity_layer\tstart_s\tend_s"], [], 0.0
    for midi in (45, 57):
        for layer, level in (("p", 0.2), ("f", 0.8)):
            t = np.arange(RATE) / RATE
            tone = level * np.exp(-2 * t) * np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * t)
            sounds += [np.zeros(round(0.03 * RATE)), tone]
            rows.append(f"notes.wav\tnotes\t{midi}\t{layer}\t{at:.5f}\t{at + 1.03:.5f}")
            at += 1.03
    soundfile.write(tmp_path / "notes.wav", np.concatenate(sounds), RATE, subtype="FLOAT")
    (tmp_path / "index.tsv").write_text("\n".join(rows) + "\n")
    return Instrument(tmp_path)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """Every piece of the score as three bursts of noise of growing level, and silent room recordings."""
    rng = np.random.default_rng(1)
    rows = ["file\tpiece\tvelocity_rank_1_127\tstart_s\tend_s"]
    for piece in score.PIECES.values():
        burst = rng.normal(size=4410) * np.exp(-np.arange(4410) / 400)
        sound = np.concatenate([level * burst for level in (0.05, 0.1, 0.2)])
        soundfile.write(tmp_path / f"{piece}.wav", np.stack([sound, sound], 1), RATE, subtype="FLOAT")
        soundfile.write(tmp_path / f"{piece}_room.wav", np.zeros((len(sound), 2)), RATE)
        rows += [f"{piece}.wav\t{piece}\t{1 + 60 * i}\t{i / 10}\t{(i + 1) / 10}" for i in range(3)]
    (tmp_path / "index.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


@pytest.mark.parametrize("pitch", [45, 46.5, 52.45, 58])
def test_note_has_its_pitch(strings, pitch):
    sound, _ = strings.note(pitch, 0.8, 0.9)
    _, notes = pitches(sound[:, 0], 80, 400, 4096)
    assert np.median(notes) == pytest.approx(pitch, abs=0.05)


def test_note_is_damped_after_its_length(strings):
    sound, begin = strings.note(45, 0.25, 0.9)
    assert len(sound) == begin + round(0.25 * RATE)
    assert abs(sound[-1, 0]) < 1e-3


def test_hard_notes_are_louder(strings):
    soft, hard = (np.abs(strings.note(45, 0.5, velocity)[0]).max() for velocity in (0.0, 1.0))
    assert hard > 1.5 * soft


def test_attack_is_found_behind_silence():
    sound = np.zeros((4000, 2))
    sound[1000:] = 0.5
    assert attack(sound) == pytest.approx(1000, abs=RATE // 1000)


def test_track_puts_the_attack_on_the_beat(strings):
    track = Track(4.0, seed=1, spread=0.0)
    track.lay(5, strings.note(57, 0.5, 0.9))
    assert attack(track.sound[round(1.9 * RATE) :]) == pytest.approx(0.1 * RATE, abs=0.003 * RATE)


def test_pan_keeps_the_power(strings):
    powers = []
    for pan in (-1.0, -0.35, 0.0, 1.0):
        track = Track(2.0, seed=1, spread=0.0)
        track.lay(1, (np.ones((100, 1)), 0), pan=pan)
        powers.append(np.sum(track.sound**2))
    assert powers == pytest.approx([200.0] * 4)


def test_drummer_is_on_the_beat_and_repeatable(kit):
    seconds = (score.bars()[0][-1][0] + 2) * score.BEAT + score.TAIL
    sound = drums(kit, seconds)
    late = lateness(onsets(sound.mean(axis=1)))
    assert len(late) > 150
    assert np.percentile(np.abs(late), 90) < 12
    assert np.array_equal(sound, drums(kit, seconds))


def test_drummer_rests_where_the_score_says(kit):
    sound = drums(kit, 60.0)
    for start, bar in score.bars()[0]:
        middle = sound[round((start + 1) * score.BEAT * RATE) : round((start + bar.beats - 0.1) * score.BEAT * RATE)]
        assert (np.abs(middle).max() > 0) == (bar.drums not in ("-", "end")), bar
