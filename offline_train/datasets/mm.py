"""The MM set of Hung and Lerch (ISMIR 2020): mixes of a target and random tracks of MedleyDB and Mixing Secrets.

The rule: six target classes; each track of a target class is mixed with 1 to 5 random tracks of other classes and of
the same split; all are mono and set to equal RMS. A track of several instruments goes into no mix of a target that it
may hold. Here a mix is an excerpt of 30 s, for whole songs would fill a disk, and the level of each part is taken on
its excerpt. Everything is drawn from the seed and the target's name, so that the same sets always give the same mixes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.datasets import medleydb, mixing_secrets
from offline_train.datasets.base import RATE, SPLITS, DataSet, Song, Track
from offline_train.datasets.classmap import ClassMap, load
from rtiass.errors import UserError

TARGETS = ("vocals", "electric_guitar", "acoustic_guitar", "piano", "bass", "drums")
MOST = 5
"""Most tracks beside the target."""

SECONDS = 30.0
LEVEL = 0.1
"""RMS of every part, full scale 1."""

_TRIES = 6
_Entry = tuple[str, Song, Track]  # source, song, track
_SOURCE = "MM (Hung and Lerch, 2020): MedleyDB and Mixing Secrets"


class MixPart(Track):
    """An excerpt of a track, mono, at a given RMS.

    It is chosen when it is first read: of a few random places the first that is not much quieter than the loudest.

    Args:
        track: The whole recording.
        seconds: Length of the excerpt; a shorter recording is followed by silence.
        seed: Of the place.
        level: Root mean square, full scale 1; 0 stays 0.
    """

    def __init__(self, track: Track, seconds: float, seed: int, level: float = LEVEL) -> None:
        super().__init__(track.class_name, track.name)
        self.track, self.holds = track, track.holds
        self.level = level
        self._seconds = seconds
        self._seed = seed

    @property
    def files(self) -> list[Path]:
        """Files of the whole recording."""
        return self.track.files

    @property
    def seconds(self) -> float:
        """Length of the excerpt."""
        return self._seconds

    @cached_property
    def _place(self) -> tuple[float, float]:
        """Start of the excerpt in seconds, and gain."""
        room = max(0.0, self.track.seconds - self._seconds)
        starts = np.random.default_rng(self._seed).uniform(0.0, room, _TRIES if room else 1)
        count = round(self._seconds * RATE)
        levels: list[float] = []
        for start in starts:
            mono = self.track.read(round(start * RATE), count).mean(axis=0, dtype=np.float64)
            levels.append(float(np.sqrt(np.mean(np.square(mono)))) if count else 0.0)
        loudest = max(levels)
        best = next(index for index, level in enumerate(levels) if level >= 0.5 * loudest)
        return float(starts[best]), self.level / levels[best] if levels[best] else 0.0

    def read(self, start: int, count: int, rate: int = RATE) -> NDArray[np.float32]:
        """A piece of the excerpt, the same in both channels; see ``Track.read``."""
        at, gain = self._place
        first, last = max(0, start), min(start + count, round(self._seconds * rate))
        out = np.zeros((2, count), np.float32)
        if last > first:
            # From the sample at 44.1 kHz that the gain was measured from, at whatever rate.
            origin = round(round(at * RATE) * rate / RATE)
            mono = self.track.read(origin + first, last - first, rate).mean(axis=0)
            out[:, first - start : last - start] = mono * np.float32(gain)
        return out

    def fingerprint(self) -> str:
        """Class, file, place and level."""
        return f"{self.track.fingerprint()}|{self._seconds}|{self._seed}|{self.level}"


def mixes(
    sets: Sequence[DataSet], *, seed: int = 0, targets: Sequence[str] = TARGETS, seconds: float = SECONDS
) -> list[Song]:
    """Draw the mixes: one for every track of a target class, in each split apart.

    Args:
        sets: Where the tracks come from.
        seed: Another seed gives other accompaniments and excerpts.
        targets: Classes to make mixes for.
        seconds: Length of a mix.

    Returns:
        Songs of 2 to 6 tracks: the target first, then 1 to 5 tracks without anything of its class (fewer only if there
        are no more).
    """
    out: list[Song] = []
    for split in SPLITS:
        tracks = [(data.source, song, track) for data in sets for song in data.of(split) for track in song.tracks]
        for target in targets:
            others = [entry for entry in tracks if target not in entry[2].may_hold]
            if not others:
                continue
            counted: dict[str, int] = {}
            for entry in (entry for entry in tracks if entry[2].may_hold == {target}):
                song = entry[1].key
                number = counted[song] = counted.get(song, 0) + 1
                out.append(_mix(f"{target}/{song}/{number}", entry, others, seed, seconds))
    return out


def _mix(key: str, target: _Entry, others: Sequence[_Entry], seed: int, seconds: float) -> Song:
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    wanted = int(rng.integers(1, MOST + 1))
    drawn = rng.choice(len(others), size=min(wanted, len(others)), replace=False)
    chosen = [target, *(others[int(index)] for index in drawn)]
    seeds = rng.integers(0, 2**31, size=len(chosen))
    origins = dict.fromkeys((source, song.licence, song.credit) for source, song, _ in chosen)
    sources, licences, credits = (
        " + ".join(text.replace(" + ", " & ") for text in column) for column in zip(*origins, strict=True)
    )
    mixed = Song(key, key, target[1].split, licences, credits, source=sources)
    mixed.tracks += [MixPart(track, seconds, int(s)) for (_, _, track), s in zip(chosen, seeds, strict=True)]
    return mixed


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool, seconds: float = SECONDS) -> DataSet:
    """Draw the mixes from the folders ``medleydb`` and ``mixing_secrets`` (in any spelling), or from one of them.

    ``seconds`` is the length of a mix.

    Raises:
        UserError: Neither folder is there.
    """
    sets: list[DataSet] = []
    tracks = load("track_names", own)
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        plain = "".join(letter for letter in folder.name.casefold() if letter.isalpha())
        if plain.startswith("medleydb"):
            sets.append(medleydb.read(folder, names, own, bleed))
        elif plain.startswith("mixingsecrets"):
            sets.append(mixing_secrets.read(folder, tracks, own, bleed))
    if not sets:
        raise UserError(f"{root} has neither a folder medleydb nor mixing_secrets. Put one or both of the sets there.")
    notes = [note for data in sets for note in data.notes] + tracks.notes()
    classes = tuple(dict.fromkeys((*names.classes, *tracks.classes)))
    return DataSet("mm", "recorded", _SOURCE, classes, mixes(sets, seconds=seconds), notes)
