"""A plain folder of stems: a folder for each song, in it sound files named by instrument."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from offline_train.datasets.base import DataSet, Song
from offline_train.datasets.classmap import ClassMap
from offline_train.datasets.filetrack import FileTrack
from rtiass.errors import UserError

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff", ".wv", ".caf", ".w64"}
"""Files that count as sound; all others are passed by."""

_SPLITS = {"train": "train", "training": "train", "valid": "valid", "validation": "valid", "val": "valid"}
_SPLITS |= {"dev": "valid", "test": "test", "testing": "test"}


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool) -> DataSet:
    """List the folder: ``SONG/vocals.wav`` or ``train/SONG/vocals.wav``, at any depth.

    Folders named train, valid or test give the split; without them everything is ``train``. ``set.toml`` in the folder
    may tell ``licence``, ``credit``, ``source`` and ``kind`` (recorded, sampled or rendered).

    Raises:
        UserError: ``set.toml`` is wrong.
    """
    told = _told(root / "set.toml")
    name = root.resolve().name
    data = DataSet(name, told.get("kind", "recorded"), told.get("source", name), names.classes, [])
    for song in songs_in(root, names, split_of):
        song.licence, song.credit = told.get("licence", "unknown"), told.get("credit", "")
        data.songs.append(song)
    if "licence" not in told:
        data.notes.append(f'The licence of {root} is not known. Write it into {root / "set.toml"}: licence = "..."')
    return data


def songs_in(root: Path, names: ClassMap, split: Callable[[tuple[str, ...]], str]) -> Iterator[Song]:
    """Songs of a folder tree: every folder that has sound files in it, in order of their paths.

    Args:
        root: The tree.
        names: Classes by file name.
        split: Gives the split of a song from the names of the folders on the way to it.

    Yields:
        Songs with licence and credit left empty; songs without a track of any class are passed by.
    """
    folders = sorted({path.parent for path in root.rglob("*") if _is_sound(path)})
    for folder in folders:
        parts = folder.relative_to(root).parts or (root.resolve().name,)
        song = Song(parts[-1], "/".join(parts), split(parts), "", "")
        for path in sorted(folder.iterdir()):
            if _is_sound(path):
                class_name = names.of(path.stem)
                if class_name is not None:
                    song.tracks.append(FileTrack(class_name, path))
        if song.tracks:
            yield song


def split_of(parts: tuple[str, ...]) -> str:
    """Split by the folders' names on the way to a song; ``train`` if none of them names one."""
    for part in parts[:-1]:
        if part.casefold() in _SPLITS:
            return _SPLITS[part.casefold()]
    return "train"


def _is_sound(path: Path) -> bool:
    return path.suffix.casefold() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _told(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} can't be read as TOML: {error}.") from error
    for key, value in table.items():
        if key not in ("licence", "credit", "source", "kind") or not isinstance(value, str):
            raise UserError(f"{path} may tell licence, credit, source and kind, each in quotes; '{key}' is wrong.")
    if table.get("kind", "recorded") not in ("recorded", "sampled", "rendered"):
        raise UserError(f"In {path}, kind is '{table['kind']}'; it must be recorded, sampled or rendered.")
    return table
