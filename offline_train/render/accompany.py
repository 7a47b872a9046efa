"""Arranges the accompaniment (class `other`) of a song for General MIDI programs."""

from __future__ import annotations

import numpy as np

from offline_train.render import guitar
from offline_train.render.fluid import Part
from offline_train.render.pop909 import Note, Score

KEYS = (0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 16, 17, 18, 19, 21)
PLUCKED = (24, 25, 26, 27, 28, 46, 104, 105, 106, 107)
DRIVEN = (29, 30, 84, 81)
SUSTAINED = (48, 49, 50, 51, 61, 62, 63, 88, 89, 90, 91, 92, 93, 94, 95, 19, 20, 44)
# Lead instruments sing like a voice and are not one: they teach the network the difference.
LEADS = (
    40,
    41,
    42,
    56,
    57,
    59,
    60,
    64,
    65,
    66,
    68,
    69,
    71,
    73,
    74,
    75,
    79,
    80,
    81,
    82,
    84,
    86,
    87,
    22,
    110,
    111,
    11,
    9,
)


def _draw(programs: tuple[int, ...], rng: np.random.Generator) -> int:
    return programs[int(rng.integers(len(programs)))]


def _moved(notes: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    return tuple(Note(n.start, n.end, n.pitch + semitones, n.velocity) for n in notes)


def pads(score: Score, rng: np.random.Generator) -> tuple[Note, ...]:
    """Held chords around middle C."""
    found = []
    lowest = int(rng.integers(50, 58))
    for chord in score.chords:
        velocity = int(rng.integers(55, 85))
        for step in chord.shape:
            pitch = lowest + (chord.root + step - lowest) % 12
            found.append(Note(chord.start, chord.end, pitch, velocity))
    return tuple(found)


def backing(score: Score, rng: np.random.Generator) -> list[Part]:
    """Draw two to four parts: keys on the piano track, and of pads, bridge and guitar some."""
    # The piano track's left hand would be a second bass line: keep part of it out in half of the songs.
    low = int(rng.choice([0, 48, 52]))
    keys = tuple(n for n in score.piano if n.pitch >= low)
    parts = []
    if keys and rng.random() < 0.85:
        parts.append(Part(keys, _draw(KEYS, rng), volume=int(rng.integers(80, 120)), pan=int(rng.integers(44, 84))))
    if rng.random() < 0.6 or not parts:
        parts.append(Part(pads(score, rng), _draw(SUSTAINED, rng), volume=int(rng.integers(50, 100))))
    if score.bridge and rng.random() < 0.7:
        program = _draw(LEADS if rng.random() < 0.6 else KEYS + PLUCKED, rng)
        parts.append(Part(score.bridge, program, volume=int(rng.integers(70, 115)), pan=int(rng.integers(24, 104))))
    if rng.random() < 0.4:
        driven = rng.random() < 0.4
        style = "power" if driven else str(rng.choice(["strum", "pick"]))
        notes = guitar.strum(score, rng, style)
        program = _draw((29, 30) if driven else PLUCKED, rng)
        parts.append(Part(notes, program, volume=int(rng.integers(50, 95)), pan=int(rng.integers(10, 118))))
    return parts


def lead(score: Score, rng: np.random.Generator) -> list[Part]:
    """Give the melody to an instrument, over pads or keys in half of the cases."""
    shift = int(rng.choice([-12, 0, 0, 12]))
    parts = [Part(_moved(score.melody, shift), _draw(LEADS + DRIVEN, rng), volume=115)]
    if rng.random() < 0.5:
        notes = pads(score, rng) if rng.random() < 0.5 else score.piano
        parts.append(Part(notes, _draw(SUSTAINED + KEYS, rng), volume=int(rng.integers(40, 80))))
    return parts


def held(score: Score, rng: np.random.Generator) -> list[Part]:
    """Nothing but held chords."""
    return [Part(pads(score, rng), _draw(SUSTAINED, rng), volume=100)]


STYLES = {"backing": backing, "lead": lead, "pads": held}
