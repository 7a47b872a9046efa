"""Stand-ins: folders in the shape of MUSDB18-HQ and of MedleyDB, of synthetic songs or of the songs of a pool.

They prove that every command works from the first file to the last figure. Their figures compare with no paper's.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml
from numpy.typing import NDArray

from offline_train.datasets.base import SPLITS, split_by
from offline_train.evaluation.truth import busiest
from offline_train.lineup import CLASSES
from offline_train.paper.synth import song as synthesise
from offline_train.pool import Pool, Song
from rtiass.errors import UserError
from rtiass.stft import RATE

NOTE = "standin.json"
"""Beside a stand-in: what it was made from."""
SECONDS = 8.0
"""Of a synthetic song."""
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
        kind: ``synthetic``, ``recorded`` or ``rendered``.
        stems: By class, all of the same shape (2, samples).
    """

    name: str
    split: str
    kind: str
    stems: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Size:
    """How much is synthesised, or the most that is taken of a pool.

    Attributes:
        songs: Of the splits train, valid and test; None: three, one and one, or all of a pool.
        seconds: Of each song; None: eight, or whole songs of a pool.
    """

    songs: tuple[int, int, int] | None = None
    seconds: float | None = None


def synthetic(size: Size, seed: int) -> Iterator[Made]:
    """Synthetic songs of all seven classes."""
    number = 0
    for split, songs in zip(SPLITS, size.songs or (3, 1, 1), strict=True):
        for _ in range(songs):
            number += 1
            stems = synthesise(1000 * seed + number, size.seconds or SECONDS, CLASSES)
            yield Made(f"Synthetic {number}", split, "synthetic", stems)


def of_pool(folder: Path, most: Size, whole_band: bool) -> Iterator[Made]:
    """Songs of a pool with three sounding classes or more.

    A tenth of its training songs validate; its validation songs are the test songs, for a pool has none. Of too many
    songs evenly spaced ones are taken, of too long a song its busiest excerpt.

    Args:
        folder: The pool.
        most: Of it.
        whole_band: Only songs with all of MUSDB's stems, for a song with a silent one has no figure there.

    Raises:
        UserError: There is no pool, or no such song in one of its splits.
    """
    train, valid, test = most.songs or (None, None, None)
    for split in ("train", "valid"):
        songs = [song for song in Pool(folder, split).songs if _enough(filter(song.sounds, song.stems), whole_band)]
        # A copy at another speed is the same song.
        songs = [s for s in songs if all(item.meta.get("speed", 1.0) == 1.0 for g in s.stems.values() for item in g)]
        if len(songs) < (2 if split == "train" else 1):
            raise UserError(f"The pool in {folder} has too few songs of the split {split} for a stand-in.")
        entries = list(enumerate(songs))
        places = [("test", entries, test)]
        if split == "train":
            rest = [entry for entry in entries if entry[0] % 10 != 1]
            places = [("train", rest, train), ("valid", entries[1::10], valid)]
        for place, among, limit in places:
            for number, song in _evenly(among, limit):
                stems = _excerpt(song, most.seconds)
                if _enough(stems, whole_band):
                    yield Made(f"Pool {split} {number}", place, song.kind, stems)


def _enough(classes: Iterable[str], whole_band: bool) -> bool:
    names = list(classes)
    return {_band(name) for name in names} == set(BAND) if whole_band else len(names) > 2


def _band(class_name: str) -> str:
    return class_name if class_name in BAND else "other"


def _evenly(entries: list[tuple[int, Song]], most: int | None) -> list[tuple[int, Song]]:
    if most is None or len(entries) <= most:
        return entries
    return [entries[index * len(entries) // most] for index in range(most)]


def _excerpt(song: Song, seconds: float | None) -> dict[str, NDArray[np.float32]]:
    """The stems that sound in the busiest so many seconds of a song."""
    count = song.samples if seconds is None else min(song.samples, int(seconds * RATE))
    start = busiest(song, count)
    stems = {name: song.read(name, start, count) for name in song.stems}
    return {name: audio for name, audio in stems.items() if audio.any()}


def write_musdb(root: Path, songs: Iterable[Made]) -> Counter[tuple[str, str]]:
    """Write songs as MUSDB18-HQ lies: ``train`` and ``test``, a folder a song, five 16-bit files in each.

    The set's own rule which songs validate goes by their names, so those of a stand-in borrow them; more validation
    songs than there are names are left out.

    Returns:
        How many were written, by split and kind.
    """
    written: Counter[tuple[str, str]] = Counter()
    borrowed = iter(_validation_names())
    for song in songs:
        name = next(borrowed, None) if song.split == "valid" else f"Stand-in - {song.name}"
        if name is None:
            continue
        folder = root / ("test" if song.split == "test" else "train") / name
        samples = next(iter(song.stems.values())).shape[1]
        stems = {band: np.zeros((2, samples), np.float32) for band in BAND}
        for class_name, audio in song.stems.items():
            stems[_band(class_name)] += audio
        stems = _within(stems)
        for band, audio in {**stems, "mixture": np.sum(list(stems.values()), axis=0)}.items():
            _write(folder / f"{band}.wav", audio)
        written[song.split, song.kind] += 1
    return written


def write_medleydb(root: Path, songs: Iterable[Made]) -> Counter[tuple[str, str]]:
    """Write songs as MedleyDB lies, by artists whose names put them into their split.

    Returns:
        How many were written, by split and kind.
    """
    written: Counter[tuple[str, str]] = Counter()
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
        written[song.split, song.kind] += 1
    return written


def make(root: Path, size: Size | None = None, pool: Path | None = None, say: Callable[[str], None] = print) -> str:
    """Write both stand-ins, ``musdb`` and ``mm/MedleyDB``, unless they are there already.

    Args:
        root: Their folder.
        size: Of synthetic songs, or the most of a pool.
        pool: Take the songs of a pool instead.
        say: Told about progress.

    Returns:
        What they are made of, in words.

    Raises:
        UserError: Another stand-in lies there, or the pool has too few songs.
    """
    size = size or Size()
    made_of = {"pool": str(pool) if pool else None, **asdict(size)}
    note = root / NOTE
    if note.is_file():
        known = json.loads(note.read_text("utf-8"))
        if known["made of"] != json.loads(json.dumps(made_of)):
            raise UserError(f"{root} holds another stand-in. Name another folder after --out, or remove it.")
        return str(known["words"])
    told = []
    for place, write, whole_band, seed in (("musdb", write_musdb, True, 1), ("mm/MedleyDB", write_medleydb, False, 2)):
        say(f"writing the stand-in {root / place}")
        shutil.rmtree(root / place, ignore_errors=True)
        songs = of_pool(pool, size, whole_band) if pool else synthetic(size, seed)
        told.append(f"{place.partition('/')[0].upper()} of {_counted(write(root / place, songs))}")
    words = f"songs{' of a pool' if pool else ''}: {'; '.join(told)}"
    note.write_text(json.dumps({"made of": made_of, "words": words}) + "\n", "utf-8")
    return words


def _counted(kinds: Counter[tuple[str, str]]) -> str:
    """Songs that were written, by split and kind, in words."""
    splits = {
        split: " + ".join(f"{number} {kind}" for (place, kind), number in sorted(kinds.items()) if place == split)
        for split in SPLITS
    }
    return f"{splits['train']} to train, {splits['valid'] or 'none'} to validate, {splits['test']} to test"


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
