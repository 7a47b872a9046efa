"""Songs to measure on: those of a pool, or of any data set as it lies, without a pool made of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from offline_train import labels
from offline_train.datasets import base, open_set
from offline_train.lineup import CLASSES
from offline_train.pool import Item, Pool, Song, level_of
from rtiass.errors import UserError

POOL = "pool"
SETS = (POOL, "folder", "musdb18", "medleydb", "mixing_secrets", "mm", "moisesdb", "slakh2100")
"""Names of what can be opened; of all but a pool, ``offline_train.datasets`` tells the layout."""

ANY = "all"
"""In place of a split: the songs of every one."""


class Listed(Protocol):
    """A song as it is listed."""

    name: str
    kind: str


class PoolMaterial:
    """The songs of a pool's split."""

    layout = POOL

    def __init__(self, pool: Pool) -> None:
        """Take the songs that the pool lists now."""
        self.folder, self.split = pool.folder, pool.split
        self.listed: list[Song] = pool.songs

    def song(self, name: str) -> Song:
        """One of them."""
        return next(song for song in self.listed if song.name == name)


class SetMaterial:
    """The songs of a data set's split.

    A class of which no track of the whole set tells may be in any track of ``other``: the four stems of MUSDB18 say
    nothing of guitars, so models that tell them apart are measured on the other stems only.

    Args:
        layout: One of SETS, but not a pool.
        folder: Where it lies.
        split: ``train``, ``valid``, ``test``, or ``all``.
        classes: A class mapping of one's own.

    Raises:
        UserError: The folder does not look like such a set, or has no song of the split.
    """

    def __init__(self, layout: str, folder: Path, split: str, classes: Path | None = None) -> None:
        self.layout, self.folder, self.split = layout, folder, split
        data = open_set(layout, folder, classes)
        self.notes = data.notes
        self.listed: list[base.Song] = data.songs if split == ANY else data.of(split)
        if not self.listed:
            there = ", ".join(dict.fromkeys(song.split for song in data.songs))
            raise UserError(f"{folder} has no songs of the split '{split}'. Splits that it has: {there}, or all.")
        told = told_apart(data.songs)
        for song in self.listed:
            song.name = song.key
            song.kind = "recorded" if (song.kind or data.kind) == "recorded" else "rendered"
            song.known = song.known or told

    def song(self, name: str) -> Song:
        """One of them; its recordings are read once for their labels.

        Raises:
            UserError: A file cannot be read.
        """
        found = next(song for song in self.listed if song.name == name)
        items = items_of(found)
        if not any(item.samples for item in items):
            raise UserError(f"{found.name} in {self.folder} holds no sound. Take its folder away.")
        length = max(item.samples for item in items)
        energy, rms = [], []
        for item in items:
            mono = item.read(0, length).mean(axis=0)
            energy.append(labels.energy_envelope(mono))
            rms.append(labels.rms_envelope(mono))
        for item, on, loud in zip(items, labels.active(energy), rms, strict=True):
            item.active, item.rms, item.level = on, loud.astype(np.float32), level_of(on, loud)
        return grouped(found, items)


class TrackItem(Item):
    """A data set's track as an item of a pool, read from its file."""

    def __init__(self, track: base.Track, song: base.Song) -> None:
        """Take a track in; nothing is read, and the labels are those of silence."""
        meta = {"known": list(song.known)} if song.known else {}
        holds = {"holds": sorted(track.may_hold)} if track.holds else {}
        nothing: NDArray[np.int16] = np.zeros((0, 2), np.int16)
        silent, kind = np.zeros(1, np.float32), song.kind or "recorded"
        super().__init__(
            track.name, track.class_name, kind, song.key, nothing, silent > 0, silent, 0.0, {**meta, **holds}
        )
        self.track = track

    @cached_property
    def samples(self) -> int:  # type: ignore[override]
        """Length in samples."""
        return round(self.track.seconds * base.RATE)

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """Audio as float32, shape (2, count), full scale 1, zeros past either end."""
        return self.track.read(start, count)


def items_of(song: base.Song) -> list[TrackItem]:
    """The tracks of a song as items."""
    return [TrackItem(track, song) for track in song.tracks]


def grouped(song: base.Song, items: Sequence[Item]) -> Song:
    """Items of one song by class."""
    out = Song(song.name, song.kind, max(item.samples for item in items))
    for item in items:
        out.stems.setdefault(item.stem, []).append(item)
    return out


def told_apart(songs: Sequence[base.Song]) -> tuple[str, ...]:
    """Classes that a set tells apart, if not all: those of its tracks, but for ``other``."""
    there = {track.class_name for song in songs for track in song.tracks} - {"other"}
    return () if there >= set(CLASSES) - {"other"} else tuple(sorted(there))


def open_material(layout: str, folder: Path, split: str, classes: Path | None = None) -> PoolMaterial | SetMaterial:
    """Songs of a pool or of a data set.

    Raises:
        UserError: There is no such layout, or the folder is another one.
    """
    if layout not in SETS:
        raise UserError(f"There is no layout '{layout}'. Choose one of: {', '.join(SETS)}.")
    if layout == POOL:
        return PoolMaterial(Pool(folder, split))
    return SetMaterial(layout, folder, split, classes)
