"""Stand-ins: folders in the shape of MUSDB18-HQ and of MedleyDB, of synthetic songs or of the songs of a pool.

They prove that every command works from the first file to the last figure. Their figures compare with no paper's.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml
from numpy.typing import NDArray

from offline_train.datasets.base import SPLITS, split_by
from offline_train.lineup import CLASSES
from offline_train.paper.synth import song as synthesise
from offline_train.pool import Pool, Song
from rtiass.errors import UserError
from rtiass.stft import RATE

NOTE = "standin.json"
"""Beside a stand-in: what it was made from."""
BAND = ("vocals", "drums", "bass", "other")
INSTRUMENTS = {
    "vocals": "female singer",
    "drums": "drum set",
    "bass": "electric bass",
    "electric_guitar": "distorted electric guitar",
    "acoustic_guitar": "acoustic guitar",
    "piano": "piano",
    "other": "synthesizer",
}
"""What MedleyDB's metadata call each class."""


@dataclass(frozen=True)
class Made:
    """A song of a stand-in.

    Attributes:
        name: Plain letters and digits.
        split: ``train``, ``valid`` or ``test``.
        stems: By class, all of the same shape (2, samples).
    """

    name: str
    split: str
    stems: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Size:
    """How much is synthesised, or the most that is taken of a pool.

    Attributes:
        songs: Of the splits train, valid and test.
        seconds: Of each song.
    """

    songs: tuple[int, int, int] = (3, 1, 1)
    seconds: float = 8.0


EVERYTHING = Size((sys.maxsize,) * 3, math.inf)
"""All of a pool."""


def synthetic(size: Size, seed: int) -> Iterator[Made]:
    """Synthetic songs of all seven classes."""
    number = 0
    for split, songs in zip(SPLITS, size.songs, strict=True):
        for _ in range(songs):
            number += 1
            yield Made(f"Synthetic {number}", split, synthesise(1000 * seed + number, size.seconds, CLASSES))


def of_pool(folder: Path, most: Size) -> Iterator[Made]:
    """Songs of a pool with three sounding classes or more.

    A tenth of its training songs validate; its validation songs are the test songs, for a pool has none. Of too many
    songs evenly spaced ones are taken, of too long a song its middle.

    Raises:
        UserError: There is no pool, or no such song in one of its splits.
    """
    train, valid, test = most.songs
    for split in ("train", "valid"):
        songs = [song for song in Pool(folder, split).songs if sum(map(song.sounds, song.stems)) > 2]
        # A copy at another speed is the same song.
        songs = [s for s in songs if all(item.meta.get("speed", 1.0) == 1.0 for g in s.stems.values() for item in g)]
        if len(songs) < (2 if split == "train" else 1):
            raise UserError(f"The pool in {folder} has too few songs of the split {split} for a stand-in.")
        entries = list(enumerate(songs))
        places = [("test", entries, test)]
        if split == "train":
            rest = [entry for entry in entries if entry[0] % 10 != 1]
            places = [("train", rest, train), ("valid", entries[1::10], valid)]
        for place, among, count in places:
            for number, song in _evenly(among, count):
                yield Made(f"Pool {split} {number}", place, _middle(song, most.seconds))


def _evenly(entries: list[tuple[int, Song]], most: int) -> list[tuple[int, Song]]:
    if len(entries) <= most:
        return entries
    return [entries[index * len(entries) // most] for index in range(most)]


def _middle(song: Song, seconds: float) -> dict[str, NDArray[np.float32]]:
    """The stems of a song that sound, no more than some seconds of them."""
    count = int(min(song.samples, seconds * RATE))
    start = (song.samples - count) // 2
    return {name: song.read(name, start, count) for name in song.stems if song.sounds(name)}


def write_musdb(root: Path, songs: Iterable[Made]) -> None:
    """Write songs as MUSDB18-HQ lies: ``train`` and ``test``, a folder a song, five 16-bit files in each.

    The set's own rule which songs validate goes by their names, so those of a stand-in borrow them.
    """
    borrowed = iter(_validation_names())
    for song in songs:
        name = next(borrowed, None) if song.split == "valid" else f"Stand-in - {song.name}"
        if name is None:
            continue
        folder = root / ("test" if song.split == "test" else "train") / name
        samples = next(iter(song.stems.values())).shape[1]
        stems = {band: np.zeros((2, samples), np.float32) for band in BAND}
        for class_name, audio in song.stems.items():
            stems[class_name if class_name in BAND else "other"] += audio
        stems = _within(stems)
        for band, audio in {**stems, "mixture": np.sum(list(stems.values()), axis=0)}.items():
            _write(folder / f"{band}.wav", audio)


def write_medleydb(root: Path, songs: Iterable[Made]) -> None:
    """Write songs as MedleyDB lies, by artists whose names put them into their split."""
    artists = {split: _artists(split) for split in SPLITS}
    for song in songs:
        name = f"{next(artists[song.split])}_{song.name.replace(' ', '')}"
        home = root / "Audio" / name
        stems: dict[str, Any] = {}
        for number, (class_name, audio) in enumerate(_within(song.stems).items(), 1):
            file = f"{name}_STEM_{number:02d}.wav"
            _write(home / f"{name}_STEMS" / file, audio)
            stems[f"S{number:02d}"] = {"filename": file, "instrument": INSTRUMENTS[class_name]}
        meta = {"artist": name.partition("_")[0], "title": song.name, "has_bleed": "no", "stems": stems}
        (home / f"{name}_METADATA.yaml").write_text(yaml.safe_dump(meta), "utf-8")


def make(root: Path, size: Size | None = None, pool: Path | None = None, say: Callable[[str], None] = print) -> None:
    """Write both stand-ins, ``musdb`` and ``mm/MedleyDB``, unless they are there already.

    Args:
        root: Their folder.
        size: Of synthetic songs, or the most of a pool; None: a few short ones, or all of the pool.
        pool: Take the songs of a pool instead.
        say: Told about progress.

    Raises:
        UserError: Another stand-in lies there, or the pool has too few songs.
    """
    size = size or (EVERYTHING if pool else Size())
    facts: dict[str, Any] = {"pool": str(pool)}
    if not pool:
        facts = {"synthetic songs": list(size.songs), "seconds": size.seconds}
    elif size != EVERYTHING:
        facts |= {"songs at most": list(size.songs), "seconds at most": size.seconds}
    note = root / NOTE
    if note.is_file():
        if json.loads(note.read_text("utf-8")) != facts:
            raise UserError(f"{root} holds another stand-in. Name another folder after --out, or remove it.")
        return
    for place, write, seed in (("musdb", write_musdb, 1), ("mm/MedleyDB", write_medleydb, 2)):
        say(f"writing the stand-in {root / place}")
        shutil.rmtree(root / place, ignore_errors=True)
        write(root / place, of_pool(pool, size) if pool else synthetic(size, seed))
    note.write_text(json.dumps(facts) + "\n", "utf-8")


def made_of(size: Size, pool: Path | None) -> str:
    """What a stand-in is made of, in words."""
    if not pool:
        return f"{sum(size.songs)} synthetic songs of {size.seconds:g} s"
    most = [f"{sum(size.songs)} songs"] if size.songs != EVERYTHING.songs else []
    most += [f"{size.seconds:g} s of each"] if math.isfinite(size.seconds) else []
    return f"the songs of {pool}{', at most ' if most else ''}{' and '.join(most)}"


def _artists(split: str) -> Iterator[str]:
    """Names that the readers of data sets put into a split."""
    return (name for name in (f"Standin{k}" for k in count()) if split_by(name) == split)


def _within(stems: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Stems with one common gain, so that neither they nor their sum clip."""
    sounds = [*stems.values(), np.sum(list(stems.values()), axis=0)]
    gain = np.float32(min(1.0, 0.99 / max(float(np.abs(sound).max(initial=0.0)) for sound in sounds)))
    return {name: gain * sound for name, sound in stems.items()}


def _write(path: Path, audio: NDArray[np.float32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio.T, RATE, subtype="PCM_16")


def _validation_names() -> list[str]:
    """The names that the package ``musdb`` takes for validation; it is not imported, for that needs FFmpeg."""
    found = find_spec("musdb")
    if found is None or not found.submodule_search_locations:
        raise UserError('The names of MUSDB18 are in the package musdb: pip install "rtiass[train]"')
    path = Path(found.submodule_search_locations[0]) / "configs" / "mus.yaml"
    names: list[str] = yaml.safe_load(path.read_text("utf-8"))["validation_tracks"]
    return names
