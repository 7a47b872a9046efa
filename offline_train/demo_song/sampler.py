"""Sampled instruments: an index of recorded notes, and the playing of one note.

Every folder of samples has an ``index.tsv`` with one row for each recorded note or hit: file, start and end
in seconds, and the MIDI note or the drum piece with its velocity.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

RATE = 44100
LAYERS = {name: float(i) for i, name in enumerate(("pp", "p", "mp", "mf", "f", "ff"), start=1)}


class Sample(NamedTuple):
    """One recorded note: where it lies, and its loudness rank on any scale that grows."""

    file: str
    start: int
    end: int
    rank: float


def attack(sound: NDArray[np.float64]) -> int:
    """The sample at which a note is heard to start.

    Args:
        sound: (n, channels) float64.

    Returns:
        Index at which the 1 ms envelope first exceeds a quarter of its greatest value in the first 0.2 s.
    """
    level = np.abs(sound[: RATE // 5]).max(axis=1)
    step = RATE // 1000
    envelope = np.convolve(level, np.ones(step) / step, "same")
    return int(np.argmax(envelope > 0.25 * envelope.max()))


class Instrument:
    """The recorded notes of one folder, grouped by drum piece or MIDI note.

    Args:
        folder: holds ``index.tsv`` and the recordings.
        articulation: take only rows whose articulation begins with this text.
        room: share of the ambience recordings (``NAME_room.ogg``) that is added, linear.
    """

    def __init__(self, folder: Path, articulation: str = "", room: float = 0.0) -> None:
        self.folder = folder
        self.room = room
        self.notes: dict[str, list[Sample]] = defaultdict(list)
        self._files: dict[str, NDArray[np.float64]] = {}
        self._turn: dict[str, int] = defaultdict(int)
        with (folder / "index.tsv").open() as rows:
            for row in csv.DictReader(rows, delimiter="\t"):
                if not row.get("articulation", "").startswith(articulation):
                    continue
                key = row.get("piece") or row["midi_note"]
                velocity = row.get("velocity_rank_1_127") or row.get("velocity_layer") or "1"
                rank = LAYERS[velocity] if velocity in LAYERS else float(velocity)
                start, end = (round(float(row[k]) * RATE) for k in ("start_s", "end_s"))
                self.notes[key].append(Sample(row["file"], start, end, rank))

    def _cut(self, sample: Sample) -> NDArray[np.float64]:
        return self._read(sample.file)[sample.start : sample.end]

    def _read(self, name: str) -> NDArray[np.float64]:
        if name not in self._files:
            sound, rate = soundfile.read(self.folder / name, always_2d=True)
            if rate != RATE:
                raise ValueError(f"{self.folder / name} is at {rate} Hz, not {RATE}")
            if self.room:
                room, _ = soundfile.read(self.folder / name.replace(".", "_room."), always_2d=True)
                shared = min(len(sound), len(room))
                sound[:shared] += self.room * room[:shared]
            self._files[name] = sound
        return self._files[name]

    def _pick(self, key: str, velocity: float) -> Sample:
        """The recording for a velocity 0..1, in turn among the three that come nearest."""
        ranked = sorted(self.notes[key], key=lambda s: s.rank)
        place = velocity * (len(ranked) - 1)
        near = sorted(range(len(ranked)), key=lambda i: (abs(i - place), i))[:3]
        self._turn[key] += 1
        return ranked[near[self._turn[key] % len(near)]]

    def hit(self, piece: str, velocity: float) -> tuple[NDArray[np.float64], int]:
        """A drum hit at a velocity 0..1: sound (n, channels) and the sample of its attack."""
        sound = self._cut(self._pick(piece, velocity)).copy()
        return fade(sound, 0.02), attack(sound)

    def note(self, pitch: float, seconds: float, velocity: float) -> tuple[NDArray[np.float64], int]:
        """A pitched note.

        Args:
            pitch: MIDI note, fractions allowed.
            seconds: how long the note is held before it is damped.
            velocity: 0..1.

        Returns:
            Sound (n, channels) and the sample of its attack.
        """
        key = min(self.notes, key=lambda k: (abs(int(k) - pitch), int(k)))
        recorded = self._cut(self._pick(key, velocity))
        ratio = 2.0 ** ((pitch - int(key)) / 12.0)
        sound = np.asarray(soxr.resample(recorded, RATE * ratio, RATE))
        begin = attack(sound)
        sound = sound[: begin + round(seconds * RATE)].copy()
        level = 0.35 + 0.65 * velocity
        return fade(sound, min(0.06, seconds / 3)) * level, begin


def fade(sound: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Damps the end of a sound with a raised cosine, in place."""
    n = min(len(sound), round(seconds * RATE))
    sound[len(sound) - n :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, n + 1) / n)[:, None]
    return sound
