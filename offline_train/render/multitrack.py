"""Recorded songs as aligned class stems, at several speeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from offline_train.render import check
from offline_train.render.credit import joined
from offline_train.render.job import Job, Result
from offline_train.render.pool import RATE, Item, to_int16
from rtiass.errors import UserError

TRAIN_SONGS = ("eif_lithium", "eif_sodium", "eif_potassium", "eif_rubidium")
VALID_SONGS = ("eif_caesium", "eif_francium", "mdn_multitrack")
SPEEDS = (1.0, 0.92, 1.08, 0.86, 1.16)
# Stems that nobody could classify belong to what is neither of the named instruments.
CLASS_OF = {
    "vocals": "vocals",
    "drums": "drums",
    "bass": "bass",
    "guitar": "electric_guitar",
    "piano": "piano",
    "other": "other",
    "ambiguous": "other",
}
# A stem that is split finer keeps the exact sum of before, to the last bit of the 16.
REST = ("electric_guitar", "acoustic_guitar", "piano", "other")


def change_speed(audio: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
    """Play audio (n,) or (n, channels) faster by `speed`, pitch and all."""
    if speed == 1.0:
        return audio
    return np.asarray(soxr.resample(audio, RATE * speed, RATE, quality="HQ"), np.float32)


def song_stems(folder: Path, speed: float) -> dict[str, NDArray[np.int16]]:
    """Sum a song's files into class stems of equal length (n, 2), levels kept relative to each other.

    Guitar, piano and rest add up, in 16 bits, to exactly what they are as a single stem.

    Raises:
        UserError: A file is unreadable, silent or of another length, or its name is no class.
    """
    paths = sorted(folder.glob("*.ogg"))
    unknown = [path for path in paths if path.stem not in CLASS_OF]
    if unknown:
        raise UserError(f"{unknown[0]} is none of the stems {', '.join(CLASS_OF)}: rename it or take it away.")
    read = [check.read(path) for path in paths]
    check.same_length(paths, [len(audio) for audio in read])
    audio = [change_speed(samples, speed) for samples in read]
    length = min(map(len, audio))
    stems: dict[str, NDArray[np.float32]] = {}
    rest = np.zeros((length, 2), np.float32)
    for path, samples in zip(paths, audio, strict=True):
        target, samples = CLASS_OF[path.stem], samples[:length]
        stems[target] = stems[target] + samples if target in stems else samples
        if target in REST:
            rest = rest + samples
    whole = {name: samples for name, samples in stems.items() if name not in REST} | {"rest": rest}
    peak = max(float(np.abs(samples).max()) for samples in whole.values())
    gain = np.float32(min(1.0, 0.99 / max(peak, 1e-9)))
    out = {name: to_int16(samples * gain) for name, samples in stems.items()}
    parts = [name for name in REST if name in stems]
    if parts:
        left = to_int16(rest * gain).astype(np.int32) - sum(out[name].astype(np.int32) for name in parts[:-1])
        out[parts[-1]] = np.clip(left, -32768, 32767).astype(np.int16)
    return out


def _make(folder: Path, speed: float, split: str) -> Result:
    song = f"{folder.name}@{speed:.2f}"
    thanks = joined("mdn" if folder.name.startswith("mdn") else "eif")
    stems = song_stems(folder, speed)
    finer = set(stems) & set(REST) != {"other"}
    for target, audio in stems.items():
        # What is left of `other` beside guitar and piano is another recording than all of it.
        ending = "rest" if finer and target == "other" else target
        name = f"{folder.name}_{round(speed * 100):03d}_{ending}"
        yield Item(name, target, "recorded", song, speed, split, *thanks), audio


def jobs(data: Path) -> list[Job]:
    """List the work: each training song at each speed, each validation song once."""
    found = []
    plan = [(song, speed, "train") for speed in SPEEDS for song in TRAIN_SONGS]
    plan[len(TRAIN_SONGS) : len(TRAIN_SONGS)] = [(song, 1.0, "valid") for song in VALID_SONGS]
    for song, speed, split in plan:
        folder = data / "multitrack" / song
        if any(folder.glob("*.ogg")):
            name = f"{song}_{round(speed * 100):03d}"
            found.append(Job(name, "recorded songs", 1000.0 / speed, _make, (folder, speed, split)))
    return found
