"""Bass lines keep to the chords, the beats and the register."""

import numpy as np

from offline_train.render.bass import line
from offline_train.render.pop909 import Chord, Score


def score() -> Score:
    chords = (Chord(0, 8, 9, (0, 3, 7)), Chord(8, 16, 5, (0, 4, 7)))
    beats = np.arange(0, 16, 0.5)
    return Score("x", 16.0, (), (), (), chords, beats, np.arange(len(beats)) % 4 == 0)


def test_notes_are_chord_tones_in_range() -> None:
    for seed in range(8):
        notes = line(score(), np.random.default_rng(seed))
        assert notes
        for note in notes:
            chord = score().chords[0 if note.start < 7.95 else 1]
            steps = {step % 12 for step in chord.shape}
            assert (note.pitch - chord.root) % 12 in steps
            assert 28 <= note.pitch <= 52
            assert note.end > note.start


def test_no_chord_no_note() -> None:
    silent = Score("x", 8.0, (), (), (), (), np.arange(0, 8, 0.5), np.ones(16, bool))
    assert line(silent, np.random.default_rng(0)) == ()
