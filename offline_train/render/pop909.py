"""POP909 songs: melody, bridge, piano, chords and beats, cut to an excerpt."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from offline_train.render.check import readable

_STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHAPES = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus4": (0, 5, 7),
    "sus2": (0, 2, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "hdim7": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "maj6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "minmaj7": (0, 3, 7, 11),
    "9": (0, 4, 7, 10, 2),
    "maj9": (0, 4, 7, 11, 2),
    "min9": (0, 3, 7, 10, 2),
}


@dataclass(frozen=True)
class Note:
    """A note: seconds, MIDI pitch, velocity 1 to 127."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Chord:
    """A chord: seconds, pitch class of the root, steps above it."""

    start: float
    end: float
    root: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Score:
    """A song or an excerpt of one; all times in seconds from its start."""

    name: str
    seconds: float
    melody: tuple[Note, ...]
    bridge: tuple[Note, ...]
    piano: tuple[Note, ...]
    chords: tuple[Chord, ...]
    beats: NDArray[np.float64]
    downbeats: NDArray[np.bool_]


def parse_chord(label: str) -> tuple[int, tuple[int, ...]] | None:
    """Read a label such as `Bb:min7/b3`: root pitch class and steps; None for `N`."""
    match = re.match(r"([A-G])([#b]*)(?::([^/(]*))?", label)
    if not match:
        return None
    root = _STEP[match.group(1)] + match.group(2).count("#") - match.group(2).count("b")
    quality = match.group(3) or "maj"
    shape = _SHAPES.get(quality)
    if shape is None:
        shape = _SHAPES["min" if quality.startswith("min") else "maj"]
    return root % 12, shape


def _notes(track: mido.MidiTrack, seconds_per_tick: float) -> tuple[Note, ...]:
    found: list[Note] = []
    sounding: dict[int, tuple[int, int]] = {}
    now = 0
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        begun = sounding.pop(message.note, None)
        if begun is not None and now > begun[0]:
            found.append(Note(begun[0] * seconds_per_tick, now * seconds_per_tick, message.note, begun[1]))
        if message.type == "note_on" and message.velocity > 0:
            sounding[message.note] = (now, message.velocity)
    return tuple(sorted(found, key=lambda note: (note.start, note.pitch)))


@lru_cache(maxsize=4)
def load(folder: Path) -> Score:
    """Read one song's folder.

    Raises:
        UserError: A file of it cannot be read.
    """
    notes, labels, marked = folder / f"{folder.name}.mid", folder / "chord_midi.txt", folder / "beat_midi.txt"
    with readable(notes):
        midi = mido.MidiFile(notes)
        length = float(midi.length)
    tempo = next((m.tempo for t in midi.tracks for m in t if m.type == "set_tempo"), 500000)
    scale = tempo / 1e6 / midi.ticks_per_beat
    tracks = {track.name: _notes(track, scale) for track in midi.tracks}
    chords = []
    with readable(labels):
        for line in labels.read_text(encoding="utf-8").splitlines():
            start, end, label = line.split()
            parsed = parse_chord(label)
            if parsed:
                chords.append(Chord(float(start), float(end), *parsed))
    with readable(marked):
        table = np.loadtxt(marked, ndmin=2)
        # The third column marks bars; the second marks half bars and is kept for songs that lack it.
        marks = table[:, 2] if table[:, 2].any() else table[:, 1]
    return Score(
        folder.name,
        length,
        tracks.get("MELODY", ()),
        tracks.get("BRIDGE", ()),
        tracks.get("PIANO", ()),
        tuple(chords),
        table[:, 0],
        marks > 0,
    )


def excerpt(score: Score, start: float, seconds: float, speed: float = 1.0, transpose: int = 0) -> Score:
    """Cut `seconds` (as heard, after the change of speed) from `start` (as written) on, transposed."""
    length = seconds * speed

    def cut_notes(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(
            replace(
                note,
                start=(note.start - start) / speed,
                end=(min(note.end, start + length) - start) / speed,
                pitch=note.pitch + transpose,
            )
            for note in notes
            if start <= note.start < start + length - 0.05
        )

    chords = tuple(
        Chord(
            (max(c.start, start) - start) / speed,
            (min(c.end, start + length) - start) / speed,
            (c.root + transpose) % 12,
            c.shape,
        )
        for c in score.chords
        if c.end > start + 0.05 and c.start < start + length - 0.05
    )
    keep = (score.beats >= start - 0.02) & (score.beats < start + length)
    return Score(
        score.name,
        seconds,
        cut_notes(score.melody),
        cut_notes(score.bridge),
        cut_notes(score.piano),
        chords,
        (score.beats[keep] - start) / speed,
        score.downbeats[keep],
    )


def best_start(score: Score, seconds: float) -> float:
    """Find the bar from which on the melody sings most within `seconds`."""
    bars = score.beats[score.downbeats]
    bars = bars[bars < max(score.seconds - seconds, 0.0) + 1e-9]
    if not len(bars):
        return 0.0
    sung = [
        sum(min(n.end, bar + seconds) - n.start for n in score.melody if bar <= n.start < bar + seconds) for bar in bars
    ]
    return float(bars[int(np.argmax(sung))])
