"""Harmonies are chord tones, spoken lines keep the beat, recorded voices change tempo and pitch apart."""

from pathlib import Path

import numpy as np
import soundfile

from offline_train.render.pop909 import Chord, Note, Score
from offline_train.render.singing import harmony, revoiced, spoken

CHORDS = (Chord(0.0, 2.0, 0, (0, 4, 7)), Chord(2.0, 4.0, 9, (0, 3, 7)))


def test_harmonies_are_chord_tones_off_the_melody() -> None:
    melody = tuple(Note(i / 2, i / 2 + 0.4, 60 + i, 90) for i in range(8))
    for steps in (-1, 1, 2):
        for note, voice in zip(melody, harmony(melody, CHORDS, steps), strict=True):
            tones = {0, 4, 7} if note.start < 2 else {9, 0, 4}
            assert voice.pitch % 12 in tones
            assert (voice.pitch - note.pitch) * steps > 0
            assert abs(voice.pitch - note.pitch) > 2


def test_spoken_syllables_follow_one_another_in_time() -> None:
    beats = np.arange(0.0, 20.0, 0.5)
    score = Score("s", 20.0, (), (), (), CHORDS, beats, np.arange(len(beats)) % 4 == 0)
    notes = spoken(score, np.random.default_rng(0))
    assert len(notes) > 40
    assert all(note.start < note.end <= 20.0 for note in notes)
    assert np.median(np.diff([note.start for note in notes])) < 0.3
    assert np.ptp([note.pitch for note in notes]) < 14


def test_a_recorded_voice_is_voiced_anew_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    t = np.arange(44100 * 6) / 44100
    voice = 0.3 * np.sin(2 * np.pi * 220 * t + 4 * np.sin(2 * np.pi * 5 * t)) * (np.sin(2 * np.pi * 0.4 * t) > -0.5)
    soundfile.write(tmp_path / "vocals.wav", voice, 44100)
    takes = []
    for seed in (1, 1, 2):
        ((item, audio),) = list(revoiced("v", tmp_path / "vocals.wav", "eif", 3.0, seed))
        assert (item.target, item.kind, item.split) == ("vocals", "recorded", "train")
        assert audio.ndim == 2
        assert 2.0 < len(audio) / 44100 <= 3.0
        takes.append(audio)
    np.testing.assert_array_equal(takes[0], takes[1])
    assert takes[2].shape != takes[0].shape or not np.array_equal(takes[2], takes[0])
