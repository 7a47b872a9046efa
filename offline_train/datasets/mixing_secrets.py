"""Mixing Secrets: raw tracks of each song in a folder, named by instrument."""

from __future__ import annotations

from pathlib import Path

from offline_train.datasets.base import DataSet, split_by
from offline_train.datasets.classmap import ClassMap
from offline_train.datasets.folder import songs_in

LICENCE = "for education only (Mixing Secrets, per song)"
SOURCE = "Mixing Secrets Free Multitrack Download Library"


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool) -> DataSet:
    """List the set: a folder of sound files for each song, at any depth (``Song_Full/01_Kick.wav``).

    The split goes by artist (``base.split_by``): the part of the song folder's name before the first ``_`` or ``-``.
    """
    data = DataSet("mixing_secrets", "recorded", SOURCE, names.classes, [])
    for song in songs_in(root, names, lambda parts: split_by(artist(parts[-1]))):
        song.licence, song.credit = LICENCE, f"{artist(song.name)}, Mixing Secrets"
        data.songs.append(song)
    return data


def artist(folder: str) -> str:
    """Artist of a song by its folder: ``ArtistName_SongTitle_Full`` or ``Artist - Title``."""
    return folder.partition(" - ")[0] if " - " in folder else folder.partition("_")[0]
