"""What every data set looks like: songs, each with a split, a licence and tracks of known classes."""

from __future__ import annotations

import unicodedata
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 44100
"""Samples per second unless asked otherwise."""

BLOCK = 1 << 17
"""Samples that go through memory at a time (3 s at 44.1 kHz)."""

SPLITS = ("train", "valid", "test")


@dataclass
class Health:
    """What was found wrong with a recording while it was read to its end.

    Attributes:
        clipped: Samples that sit at full scale, three or more in a row.
        peak: Largest absolute value, full scale 1.
        samples: Length, in samples at the rate asked for.
        damage: Sentences about a file that could only be read in part.
        warnings: Sentences about what was mended, such as values that are not numbers.
    """

    clipped: int = 0
    peak: float = 0.0
    samples: int = 0
    damage: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Track(ABC):
    """One recording of one class.

    Attributes:
        class_name: One of ``offline_train.lineup.CLASSES``.
        name: The instrument or the file, for people.
        holds: Classes that it may contain, if more than its own.
    """

    holds: tuple[str, ...] = ()

    def __init__(self, class_name: str, name: str) -> None:
        self.class_name = class_name
        self.name = name

    @property
    def may_hold(self) -> set[str]:
        """Classes that it may contain, its own among them."""
        return {self.class_name, *self.holds}

    @property
    @abstractmethod
    def files(self) -> list[Path]:
        """The files it is read from; messages name the first."""

    @property
    @abstractmethod
    def seconds(self) -> float:
        """Length by the file's header.

        Raises:
            UserError: The file cannot be read.
        """

    @abstractmethod
    def read(self, start: int, count: int, rate: int = RATE) -> NDArray[np.float32]:
        """A piece of it, from anywhere.

        Args:
            start: First sample, counted at ``rate``.
            count: Number of samples, 0 or more.
            rate: Samples per second wanted.

        Returns:
            Shape (2, count) float32, full scale 1; a mono recording stands in both channels, past either end are zeros.

        Raises:
            UserError: The file cannot be read.
        """

    def sound(self, rate: int = RATE, health: Health | None = None) -> Iterator[NDArray[np.float32]]:
        """All of it, once and in order: blocks of shape (2, BLOCK), the last one shorter.

        Args:
            rate: Samples per second wanted.
            health: Filled while reading; complete after the last block.

        Raises:
            UserError: The file cannot be read.
        """
        health = Health() if health is None else health
        total = round(self.seconds * rate)
        for start in range(0, total, BLOCK):
            block = self.read(start, min(BLOCK, total - start), rate)
            health.peak = max(health.peak, float(np.abs(block).max(initial=0.0)))
            health.samples += block.shape[1]
            yield block

    def fingerprint(self) -> str:
        """Changes when the recording or its class does: class, sizes and times of its files."""
        marks = [self.class_name]
        for path in self.files:
            try:
                stat = path.stat()
            except OSError:
                marks.append(f"{path.name} missing")
            else:
                marks.append(f"{path.name} {stat.st_size} {stat.st_mtime_ns}")
        return "|".join(marks)


@dataclass
class Song:
    """Tracks that sound together, aligned from their first sample.

    Attributes:
        name: For people.
        key: Unique in its set, the same wherever the set lies.
        split: ``train``, ``valid`` or ``test``.
        licence: Short name of its licence.
        credit: Whom to name.
        tracks: Its recordings; several may be of one class.
        source: Where it comes from, if not from its set alone. Source, licence and credit of several origins are each
            joined by `` + ``, in the same order.
        kind: ``recorded``, ``sampled`` or ``rendered``, if not that of its set.
        known: Classes that are told apart in it, if not all: a track of another class may hold everything else.
    """

    name: str
    key: str
    split: str
    licence: str
    credit: str
    tracks: list[Track] = field(default_factory=list)
    source: str = ""
    kind: str = ""
    known: tuple[str, ...] = ()

    @property
    def stems(self) -> dict[str, list[Track]]:
        """Tracks by class."""
        out: dict[str, list[Track]] = {}
        for track in self.tracks:
            out.setdefault(track.class_name, []).append(track)
        return out

    @property
    def seconds(self) -> float:
        """Length of the longest track."""
        return max((track.seconds for track in self.tracks), default=0.0)

    def read(self, class_name: str, start: int, count: int, rate: int = RATE) -> NDArray[np.float32]:
        """Sum of the tracks of a class, shape (2, count) float32; silence if there is none."""
        total = np.zeros((2, count), np.float32)
        for track in self.stems.get(class_name, []):
            total += track.read(start, count, rate)
        return total


@dataclass
class DataSet:
    """Songs from one place.

    Attributes:
        name: Name of the set.
        kind: What its recordings are: ``recorded``, or ``rendered`` from MIDI.
        source: Where the set comes from.
        classes: Classes the set can have material of, by its class mapping.
        songs: In a fixed order.
        notes: Sentences about what was left out or looked odd when it was opened.
    """

    name: str
    kind: str
    source: str
    classes: tuple[str, ...]
    songs: list[Song]
    notes: list[str] = field(default_factory=list)

    def of(self, split: str) -> list[Song]:
        """Songs of a split."""
        return [song for song in self.songs if song.split == split]


def split_by(name: str) -> str:
    """Split of a song in a set that has none of its own: four fifths train, a tenth valid, a tenth test.

    Only letters and digits count, without capitals and accents: "A Classic Education" is "AClassicEducation", as sets
    spell it in the names of folders.

    Args:
        name: The artist, so that nobody is in two splits; the same name always gives the same split.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())
    place = zlib.crc32(plain.encode()) % 10
    return {8: "valid", 9: "test"}.get(place, "train")
