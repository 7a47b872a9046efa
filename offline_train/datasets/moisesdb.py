"""MoisesDB: single tracks of each song in folders by stem, listed in ``data.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from offline_train.datasets.base import DataSet, Song, split_by
from offline_train.datasets.classmap import ClassMap, words
from offline_train.datasets.filetrack import FileTrack
from rtiass.errors import UserError

LICENCE = "CC BY-NC-SA 4.0"
SOURCE = "MoisesDB (Pereira and others, 2023)"


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool) -> DataSet:
    """List the set: ``UUID/data.json`` with ``UUID/<stem>/<track>.wav`` beside it, at any depth.

    The split goes by artist (``base.split_by``), for the set has none.

    Raises:
        UserError: A ``data.json`` is wrong.
    """
    data = DataSet("moisesdb", "recorded", SOURCE, names.classes, [])
    bled = 0
    for path in sorted(root.rglob("data.json"), key=lambda p: p.parent.name):
        meta = _load(path)
        artist = str(meta.get("artist") or "unknown artist")
        title = str(meta.get("song") or path.parent.name)
        song = Song(f"{artist} - {title}", path.parent.name, split_by(artist), LICENCE, f"{artist}, MoisesDB")
        for stem in meta["stems"]:
            for track in stem.get("tracks") or []:
                if track.get("has_bleed") and not bleed:
                    bled += 1
                    continue
                kind = str(track.get("trackType", ""))
                class_name = _class(stem["stemName"], kind, names)
                if class_name is not None:
                    file = path.parent / stem["stemName"] / f"{track['id']}.{track.get('extension', 'wav')}"
                    song.tracks.append(FileTrack(class_name, file, kind))
        if song.tracks:
            data.songs.append(song)
    if bled:
        data.notes.append(f"Tracks left out because other instruments bleed into them: {bled}. Take them with --bleed.")
    return data


def _class(stem: str, track: str, names: ClassMap) -> str | None:
    """The track's name decides; one that is not listed, its stem."""
    return names.of(track) if words(track) in names.names else names.of(stem)


def _load(path: Path) -> dict[str, Any]:
    try:
        meta = json.loads(path.read_text("utf-8"))
        for stem in meta["stems"]:
            if not isinstance(stem["stemName"], str) or any("id" not in t for t in stem.get("tracks") or []):
                raise KeyError
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not a song's description as MoisesDB has it. Unpack it again.") from error
    return dict(meta)
