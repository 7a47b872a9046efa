"""Bass lines from chords and beats, and a sampled bass that plays them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.render import effects, rooms
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Chord, Note, Score
from offline_train.render.samples import Sample, cut, pick, place, read_index

# Strokes of one beat: (place in the beat, length in beats, step: r root, f fifth, o octave, w walk).
_PATTERNS: tuple[tuple[tuple[float, float, str], ...], ...] = (
    ((0.0, 0.95, "r"),),
    ((0.0, 0.45, "r"), (0.5, 0.45, "r")),
    ((0.0, 0.45, "r"), (0.5, 0.45, "o")),
    ((0.0, 0.7, "r"), (0.75, 0.22, "f")),
    ((0.0, 0.45, "r"), (0.5, 0.45, "f")),
    ((0.0, 0.22, "r"), (0.25, 0.22, "r"), (0.5, 0.22, "o"), (0.75, 0.22, "f")),
    ((0.5, 0.45, "r"),),
    ((0.0, 0.9, "w"),),
    ((0.0, 0.3, "r"), (0.75, 0.24, "r")),
)


def _chord_at(chords: tuple[Chord, ...], time: float) -> Chord | None:
    return next((c for c in chords if c.start - 0.03 <= time < c.end - 0.03), None)


def line(score: Score, rng: np.random.Generator, lowest: int = 28) -> tuple[Note, ...]:
    """Draw a bass line: patterns change every eight beats, long notes and rests happen; pitches 28 to 52."""
    beats = score.beats
    found: list[Note] = []
    patterns = [_PATTERNS[0]]
    held = False
    for index in range(len(beats) - 1):
        if index % 8 == 0:
            chosen = rng.choice(len(_PATTERNS), 2)
            patterns = [_PATTERNS[int(i)] for i in chosen]
            held = rng.random() < 0.15
            resting = rng.random() < 0.07
        length = beats[index + 1] - beats[index]
        if resting or (held and index % 2):
            continue
        for at, long, step in patterns[(index // 2) % 2]:
            start = beats[index] + at * length
            chord = _chord_at(score.chords, start)
            if chord is None:
                continue
            root = lowest + (chord.root - lowest) % 12
            fifth = chord.shape[2] if len(chord.shape) > 2 else 7
            offset = {"r": 0, "f": fifth, "o": 12, "w": chord.shape[index % len(chord.shape)]}[step]
            stop = start + (2 * length * 0.95 if held and at == 0 else long * length)
            velocity = int(np.clip(rng.normal(95 if at == 0 else 85, 9), 40, 127))
            late = rng.normal(0, 0.004)
            found.append(Note(max(start + late, 0.0), min(stop, score.seconds), root + offset, velocity))
    return tuple(found)


def play(notes: tuple[Note, ...], folder: Path, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Play a line on sampled notes, through a random colour; gives (n, 2)."""
    out = np.zeros((round(seconds * RATE), 2), np.float32)
    bank = read_index(folder)
    short = [s for s in bank if s.key == "staccato"]
    sustained = [s for s in bank if s.key != "staccato"]
    fine = float(rng.normal(0, 0.08))
    last: Sample | None = None
    for note in notes:
        brief = short if short and note.end - note.start < 0.16 else sustained
        distance = min(abs(s.pitch - note.pitch) for s in brief)
        near = [s for s in brief if abs(s.pitch - note.pitch) == distance]
        last = pick(near, (note.velocity / 127) ** 1.2, rng, last)
        start, stop = round(note.start * RATE), round(note.end * RATE)
        audio = cut(last, note.pitch - last.pitch + fine, 4.0)
        place(out, audio, start, 0.5 + note.velocity / 254, stop)
    return colour(out, rng)


def colour(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Random tone control, equaliser, compression, amplifier or saturation, seldom a widening; (n, 2) to (n, 2)."""
    if rng.random() < 0.65:
        audio = effects.low_pass(audio, float(np.exp(rng.uniform(np.log(350), np.log(3000)))))
    audio = effects.equalise(audio, rng, 5.0)
    if rng.random() < 0.6:
        audio = effects.compress(audio, rng.uniform(2, 5))
    kind = rng.random()
    if kind < 0.3:
        audio = rooms.amplifier(audio, rng.uniform(0.8, 6.0), rng, bass=True)
    elif kind < 0.5:
        audio = effects.saturate(audio, rng.uniform(0.5, 4.0))
    if rng.random() < 0.12:
        audio = effects.widen(audio.mean(axis=1), rng)
    return audio
