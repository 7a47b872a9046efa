"""Recorded songs as aligned class stems, at several speeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from offline_train.render.credit import joined
from offline_train.render.job import Job, Result
from offline_train.render.pool import RATE, Item

TRAIN_SONGS = ("eif_lithium", "eif_sodium", "eif_potassium", "eif_rubidium")
VALID_SONGS = ("eif_caesium", "eif_francium", "mdn_multitrack")
SPEEDS = (1.0, 0.92, 1.08, 0.86, 1.16)
# Whatever is neither voice, drums nor bass is the rest; stems that nobody could classify belong there too.
CLASS_OF = {
    "vocals": "vocals",
    "drums": "drums",
    "bass": "bass",
    "other": "other",
    "ambiguous": "other",
    "piano": "other",
    "guitar": "other",
}


def change_speed(audio: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
    """Play audio (n,) or (n, channels) faster by `speed`, pitch and all."""
    if speed == 1.0:
        return audio
    return np.asarray(soxr.resample(audio, RATE * speed, RATE, quality="HQ"), np.float32)


def read_stereo(path: Path) -> NDArray[np.float32]:
    """Read a sound file at 44.1 kHz as float32 (n, 2)."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != RATE:
        audio = np.asarray(soxr.resample(audio, rate, RATE), np.float32)
    return np.repeat(audio, 2, axis=1) if audio.shape[1] == 1 else audio[:, :2]


def song_stems(folder: Path, speed: float) -> dict[str, NDArray[np.float32]]:
    """Sum a song's files into class stems of equal length (n, 2), levels kept relative to each other."""
    stems: dict[str, NDArray[np.float32]] = {}
    for path in sorted(folder.glob("*.ogg")):
        audio = change_speed(read_stereo(path), speed)
        target = CLASS_OF[path.stem]
        if target in stems:
            length = min(len(audio), len(stems[target]))
            stems[target] = stems[target][:length] + audio[:length]
        else:
            stems[target] = audio
    length = min(len(audio) for audio in stems.values())
    peak = max(float(np.abs(audio[:length]).max()) for audio in stems.values())
    gain = min(1.0, 0.99 / max(peak, 1e-9))
    return {target: audio[:length] * np.float32(gain) for target, audio in stems.items()}


def _make(folder: Path, speed: float, split: str) -> Result:
    song = f"{folder.name}@{speed:.2f}"
    thanks = joined("mdn" if folder.name.startswith("mdn") else "eif")
    for target, audio in song_stems(folder, speed).items():
        name = f"{folder.name}_{round(speed * 100):03d}_{target}"
        yield Item(name, target, "recorded", song, speed, split, *thanks), audio


def jobs(data: Path) -> list[Job]:
    """List the work: each training song at each speed, each validation song once."""
    found = []
    plan = [(song, speed, "train") for speed in SPEEDS for song in TRAIN_SONGS]
    plan[len(TRAIN_SONGS) : len(TRAIN_SONGS)] = [(song, 1.0, "valid") for song in VALID_SONGS]
    for song, speed, split in plan:
        folder = data / "multitrack" / song
        names = {CLASS_OF[path.stem] for path in folder.glob("*.ogg")}
        ids = tuple(f"{song}_{round(speed * 100):03d}_{target}" for target in sorted(names))
        if ids:
            found.append(Job("multitrack songs", ids, _make, (folder, speed, split)))
    return found
