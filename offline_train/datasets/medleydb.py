"""MedleyDB 1 and 2: stems of each song, with their instruments in a metadata file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from offline_train.datasets.base import DataSet, Song, split_by
from offline_train.datasets.classmap import ClassMap
from offline_train.datasets.filetrack import FileTrack
from rtiass.errors import UserError

LICENCE = "CC BY-NC-SA 4.0"
SOURCE = "MedleyDB (Bittner and others, 2014, 2016)"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool) -> DataSet:
    """List the set: folders ``SONG`` with ``SONG_STEMS/SONG_STEM_01.wav`` at any depth (``Audio``, ``V1``, ``V2``).

    The metadata lie in ``SONG/SONG_METADATA.yaml`` or in a folder ``Metadata`` at any depth. The split goes by artist
    (``base.split_by``), for the set has none.

    Raises:
        UserError: A metadata file is missing or wrong.
    """
    apart = {path.name: path for path in root.rglob("Metadata/*_METADATA.yaml")}
    data = DataSet("medleydb", "recorded", SOURCE, names.classes, [])
    bled = 0
    for stems in sorted(root.rglob("*_STEMS"), key=lambda path: path.name):
        name = stems.name.removesuffix("_STEMS")
        meta = load_yaml(_metadata(stems.parent, name, apart))
        if str(meta.get("has_bleed", "no")) in ("yes", "True") and not bleed:
            bled += 1
            continue
        artist = str(meta.get("artist", name.partition("_")[0]))
        song = Song(name, name, split_by(name.partition("_")[0]), LICENCE, f"{artist}, MedleyDB")
        for number, stem in sorted((meta.get("stems") or {}).items()):
            class_name, holds = _class(stem, names)
            if class_name is None:
                continue
            path = stems / str(stem.get("filename") or f"{name}_STEM_{number.removeprefix('S')}.wav")
            track = FileTrack(class_name, path, _text(stem))
            track.holds = holds
            song.tracks.append(track)
        if song.tracks:
            data.songs.append(song)
    if bled:
        data.notes.append(f"Songs left out because instruments bleed into each other: {bled}. Take them with --bleed.")
    return data


def load_yaml(path: Path) -> dict[str, Any]:
    """Content of a YAML file with a table.

    Raises:
        UserError: It cannot be read or holds something else.
    """
    try:
        table = yaml.load(path.read_text("utf-8"), Loader=_LOADER)
    except OSError as error:
        raise UserError(f"The metadata {path} can't be read: {error.strerror or error}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"The metadata {path} is not proper YAML. Unpack it again.") from error
    if not isinstance(table, dict) or not isinstance(table.get("stems") or {}, dict):
        raise UserError(f"The metadata {path} has no table of stems. Unpack it again.")
    return table


def _metadata(folder: Path, name: str, apart: dict[str, Path]) -> Path:
    file = f"{name}_METADATA.yaml"
    beside = folder / file
    if beside.is_file() or file not in apart:
        if not beside.is_file():
            raise UserError(f"{folder} has no {file}. Put the metadata of MedleyDB there, or into a folder Metadata.")
        return beside
    return apart[file]


def _text(stem: dict[str, Any]) -> str:
    instrument = stem.get("instrument")
    return ", ".join(map(str, instrument)) if isinstance(instrument, list) else str(instrument)


def _class(stem: dict[str, Any], names: ClassMap) -> tuple[str | None, tuple[str, ...]]:
    """Class of a stem, and the classes that it may hold if there are several.

    Several instruments in one stem are of their common class, or else other. With one of them that is to be left out,
    such as a microphone that hears everybody, the stem may hold anything.
    """
    instrument = stem.get("instrument")
    listed = instrument if isinstance(instrument, list) else [instrument]
    found = {names.of(str(name)) for name in listed}
    if len(found) == 1:
        return found.pop(), ()
    if None in found:
        return "other", names.classes
    return "other", tuple(sorted(name for name in found if name is not None))
