"""Chords strummed and picked on sampled guitars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.render import effects, rooms
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Chord, Note, Score
from offline_train.render.samples import Sample, cut, pick, place, read_index

_STRUMS: tuple[tuple[float, ...], ...] = (
    (0.0,),
    (0.0, 0.5),
    (0.0, 0.5, 0.75),
    (0.0, 0.25, 0.5, 0.75),
    (0.5,),
)


def voicing(chord: Chord, lowest: int, strings: int) -> list[int]:
    """Chord tones stacked from the root up, as on a guitar's strings."""
    root = lowest + (chord.root - lowest) % 12
    tones = sorted({(chord.root + step) % 12 for step in chord.shape})
    pitches = [root]
    while len(pitches) < strings:
        above = [pitches[-1] + ((t - pitches[-1]) % 12 or 12) for t in tones]
        wide = [p for p in above if p - pitches[-1] >= 3] or above
        pitches.append(min(wide))
    return pitches


def strum(score: Score, rng: np.random.Generator, style: str) -> tuple[Note, ...]:
    """Notes of an accompaniment: `strum`, `pick` (arpeggio) or `power` (root and fifth)."""
    found: list[Note] = []
    lowest = int(rng.integers(40, 48))
    pattern = _STRUMS[0]
    order: list[int] = [0]
    for index in range(len(score.beats) - 1):
        begin, length = score.beats[index], score.beats[index + 1] - score.beats[index]
        if index % 8 == 0:
            pattern = _STRUMS[int(rng.integers(len(_STRUMS)))]
            order = [int(i) for i in rng.integers(0, 5, 4)]
            quiet = rng.random() < 0.06
        if quiet:
            continue
        steps = (0.0, 0.25, 0.5, 0.75) if style == "pick" and length > 0.5 else (0.0, 0.5)
        for stroke, at in enumerate(steps if style == "pick" else pattern):
            start = begin + at * length
            chord = next((c for c in score.chords if c.start - 0.03 <= start < c.end - 0.03), None)
            if chord is None:
                continue
            if style == "power":
                root = lowest + (chord.root - lowest) % 12
                pitches = [root, root + 7, root + 12]
            else:
                pitches = voicing(chord, lowest, 5)
            velocity = int(np.clip(rng.normal(92 if at == 0 else 76, 10), 30, 127))
            if style == "pick":
                pitches = [pitches[order[(stroke + index * len(steps)) % 4] if at or index % 4 else 0]]
            elif at % 0.5:
                pitches = pitches[::-1][:4]
            spread = rng.uniform(0.006, 0.02) if style != "power" else 0.004
            later = [a for a in pattern if a > at]
            ring = 2.2 if style == "pick" else ((later[0] - at) if later else 1 - at + pattern[0])
            for string, pitch in enumerate(pitches):
                moved = start + string * spread + abs(rng.normal(0, 0.003))
                stop = min(start + ring * length, score.seconds)
                if stop > moved + 0.03:
                    found.append(Note(moved, stop, pitch, velocity))
    return tuple(found)


def play(
    notes: tuple[Note, ...], folder: Path, seconds: float, rng: np.random.Generator, drive: float
) -> NDArray[np.float32]:
    """Play notes on a sampled guitar; `drive` 0 is clean, above it an amplifier is used; gives (n, 2)."""
    out = np.zeros((round(seconds * RATE), 2), np.float32)
    by_pitch: dict[int, list[Sample]] = {}
    for sample in read_index(folder):
        if sample.key.startswith("notes"):
            by_pitch.setdefault(sample.pitch, []).append(sample)
    known = np.array(sorted(by_pitch))
    last: Sample | None = None
    for note in notes:
        nearest = int(known[np.argmin(np.abs(known - note.pitch))])
        last = pick(by_pitch[nearest], (note.velocity / 127) ** 1.3, rng, last)
        audio = cut(last, note.pitch - nearest, 3.5)
        gain = np.clip((note.velocity / 127 + 0.1) / (last.loudness + 0.1), 0.5, 1.5)
        place(out, audio, round(note.start * RATE), float(gain), round(note.end * RATE))
    return treated(out.mean(axis=1), rng, drive)


def treated(mono: effects.Audio, rng: np.random.Generator, drive: float) -> effects.Audio:
    """Amplifier (unless `drive` is 0), colour, doubling and room on a guitar, mono (n,); gives (n, 2)."""
    if drive > 0:
        if rng.random() < 0.3:
            mono = effects.compress(mono, rng.uniform(2, 6), 5.0, 150.0)
        mono = rooms.amplifier(mono, drive, rng)
    mono = effects.equalise(mono, rng, 5.0)
    wider = rng.random() < 0.4
    wide = effects.widen(mono, rng) if wider else effects.stereo(mono, rng.uniform(-0.8, 0.8))
    if rng.random() < 0.25:
        wide = effects.echo(wide, rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.5), rng.uniform(0.08, 0.35))
    if rng.random() < 0.5:
        wide = rooms.space(wide, rng, 2.4, 0.35)
    return wide
