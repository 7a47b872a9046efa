"""Recorded stems that stand alone: an a-cappella song and guitars of a game's songs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from offline_train.render import effects
from offline_train.render.chains import vocal
from offline_train.render.check import read
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


def guitar_jobs(songs: Path) -> list[Job]:
    """The guitars of the game's songs, where these are installed."""
    jobs = []
    for index, path in enumerate(sorted((songs / "sectoid").glob("*/guitar.ogg"))):
        for speed in GUITAR_SPEEDS:
            name = f"sectoid_{index}_{round(speed * 100):03d}"
            jobs.append(Job(name, "recorded guitars", 200.0 / speed, _guitar, (name, path, speed)))
    return jobs
