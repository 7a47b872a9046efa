"""Recorded stems: an a-cappella song, and the guitars of a game's songs, alone or against the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from offline_train.render import effects
from offline_train.render.chains import vocal
from offline_train.render.check import read, same_length
from offline_train.render.credit import joined
from offline_train.render.job import Job, Result
from offline_train.render.multitrack import change_speed
from offline_train.render.pool import Item

VOICE_SPEEDS = (1.0, 0.84, 0.89, 0.94, 1.06, 1.12, 1.19, 1.26)
GUITAR_SPEEDS = (1.0, 0.9, 1.1)


def _voice(name: str, path: Path, speed: float, seed: int) -> Result:
    rng = np.random.default_rng((seed, 6))
    audio = change_speed(read(path).mean(axis=1), speed)
    treated = effects.stereo(audio) if speed == 1.0 else vocal(audio, rng)
    item = Item(name, "vocals", "recorded", None, speed, "train", *joined("antagata"))
    yield item, effects.normalise(treated)


def _guitar(name: str, path: Path, speed: float) -> Result:
    item = Item(name, "electric_guitar", "recorded", None, speed, "train", *joined("sectoid"))
    yield item, effects.normalise(change_speed(read(path), speed))


def voice_jobs(data: Path) -> list[Job]:
    """The a-cappella song at several speeds."""
    path = data / "singing" / "antagata_dokosa" / "vocals.ogg"
    jobs = []
    for index, speed in enumerate(VOICE_SPEEDS if path.exists() else ()):
        name = f"antagata_{round(speed * 100):03d}"
        jobs.append(Job(name, "a cappella", 24.0 / speed, _voice, (name, path, speed, 100 + index)))
    return jobs


def _against_the_rest(name: str, folder: Path) -> Result:
    paths = [folder / "guitar.ogg", folder / "song.ogg"]
    audio = [read(path) for path in paths]
    length = same_length(paths, [len(samples) for samples in audio])
    guitar, rest = (samples[:length] for samples in audio)
    peak = max(float(np.abs(samples).max()) for samples in (guitar, rest, guitar + rest))
    gain = np.float32(min(1.0, 0.99 / peak))
    for target, ending, samples in (("electric_guitar", "electric_guitar", guitar), ("other", "rest", rest)):
        # What the rest is made of nobody tells: the guitar alone is known.
        yield (
            Item(
                f"{name}_{ending}",
                target,
                "recorded",
                name,
                1.0,
                "valid",
                *joined("muldjord"),
                known=("electric_guitar",),
            ),
            samples * gain,
        )


def valid_guitar_jobs(songs: Path) -> list[Job]:
    """Songs of a guitar against all the rest, for validation alone, where these are installed."""
    jobs = []
    for path in sorted((songs / "muldjord").glob("*/guitar.ogg")):
        name = f"muldjord_{path.parent.name}"
        jobs.append(Job(name, "recorded songs", 400.0, _against_the_rest, (name, path.parent)))
    return jobs


def guitar_jobs(songs: Path) -> list[Job]:
    """The guitars of the game's songs for training, where these are installed."""
    jobs = []
    for index, path in enumerate(sorted((songs / "sectoid").glob("*/guitar.ogg"))):
        for speed in GUITAR_SPEEDS:
            name = f"sectoid_{index}_{round(speed * 100):03d}"
            jobs.append(Job(name, "recorded guitars", 200.0 / speed, _guitar, (name, path, speed)))
    return jobs
