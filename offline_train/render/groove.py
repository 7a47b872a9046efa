"""Human drum performances laid over the beats of a song."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from offline_train.render.check import readable
from rtiass.errors import UserError

# Roland TD-11 notes: heads, rims and edges of one pad become one piece.
TD11 = {
    36: "kick",
    38: "snare",
    40: "snare",
    37: "sidestick",
    48: "tom1",
    50: "tom1",
    45: "tom2",
    47: "tom2",
    43: "tom3",
    58: "tom3",
    46: "open",
    26: "open",
    42: "closed",
    22: "closed",
    44: "pedal",
    49: "crash1",
    55: "crash1",
    57: "crash2",
    52: "crash2",
    51: "ride",
    59: "ride",
    53: "bell",
}
HATS = ("open", "closed", "pedal")


@dataclass(frozen=True)
class Hit:
    """A stroke: time (beats or seconds), piece, velocity 1 to 127."""

    time: float
    piece: str
    velocity: int


@lru_cache(maxsize=2)
def performances(folder: Path, valid: bool) -> tuple[Path, ...]:
    """List beats in 4/4 of at least 12 s: drummer 3 for validation, the others for training.

    Raises:
        UserError: The list cannot be read, or has none.
    """
    path = folder / "info.csv"
    with readable(path), path.open(encoding="utf-8", newline="") as stream:
        rows = [
            row
            for row in csv.DictReader(stream)
            if row["beat_type"] == "beat"
            and row["time_signature"] == "4-4"
            and float(row["duration"]) >= 12
            and (row["drummer"] == "drummer3") == valid
        ]
    if valid:
        rows = [row for row in rows if row["split"] != "train"] or rows
    if not rows:
        who = "drummer 3" if valid else "anyone but drummer 3"
        raise UserError(f"{path} lists no beat in 4/4 of 12 s or more by {who}.")
    return tuple(folder / row["midi_filename"] for row in sorted(rows, key=lambda r: r["midi_filename"]))


@lru_cache(maxsize=16)
def read(path: Path) -> tuple[Hit, ...]:
    """Read a performance; times in beats, whatever its tempo.

    Raises:
        UserError: It cannot be read.
    """
    with readable(path):
        midi = mido.MidiFile(path)
    found = []
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity > 0 and message.note in TD11:
                found.append(Hit(now / midi.ticks_per_beat, TD11[message.note], message.velocity))
    return tuple(sorted(found, key=lambda hit: hit.time))


def over_beats(hits: tuple[Hit, ...], beats: NDArray[np.float64], seconds: float) -> list[Hit]:
    """Repeat a performance, bar-aligned, along beat times; gives hits in seconds.

    Beats slower than 75 a minute are halved and faster than 170 doubled, so that the playing keeps a human tempo.
    """
    if not hits or len(beats) < 3:
        return []
    step = float(np.median(np.diff(beats)))
    if step > 0.8:
        middles = (beats[:-1] + beats[1:]) / 2
        beats = np.sort(np.concatenate([beats, middles]))
    elif step < 0.353:
        beats = beats[::2]
    step = float(np.median(np.diff(beats)))
    extra = max(int((seconds - beats[-1]) / step) + 2, 1)
    beats = np.concatenate([beats, beats[-1] + step * np.arange(1, extra + 1)])
    length = max(4 * int(np.ceil((hits[-1].time + 0.25) / 4)) - 4, 4)
    found = []
    for turn in range(int(np.ceil(len(beats) / length))):
        for hit in hits:
            if hit.time >= length:
                break
            position = turn * length + hit.time
            if position < len(beats) - 1:
                time = float(np.interp(position, np.arange(len(beats)), beats))
                if time < seconds - 0.05:
                    found.append(Hit(time, hit.piece, hit.velocity))
    return sorted(found, key=lambda hit: hit.time)
