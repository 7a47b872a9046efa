"""Slakh2100: stems rendered from MIDI, with the General MIDI program of each in a metadata file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from offline_train.datasets.base import DataSet, Song
from offline_train.datasets.classmap import ClassMap
from offline_train.datasets.filetrack import FileTrack
from offline_train.datasets.medleydb import load_yaml

LICENCE = "CC BY 4.0"
SOURCE = "Slakh2100 (Manilow and others, 2019)"
_FOLDERS = {"train": "train", "validation": "valid", "test": "test"}


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool) -> DataSet:
    """List the set: ``TrackXXXXX/metadata.yaml`` with ``stems/S00.flac`` (or .wav), in split folders or not.

    The split is the folder's name (``train``, ``validation``, ``test``; ``omitted`` is left out), or else the number's:
    to 1500 train, to 1875 valid, then test.

    Raises:
        UserError: A metadata file is wrong.
    """
    data = DataSet("slakh2100", "rendered", SOURCE, names.classes, [])
    for path in sorted(root.rglob("Track[0-9]*/metadata.yaml"), key=lambda p: p.parent.name):
        folder = path.parent
        split = _split(folder)
        if split is None:
            continue
        meta = load_yaml(path)
        song = Song(folder.name, folder.name, split, LICENCE, f"{folder.name}, Slakh2100, Manilow and others")
        for key, stem in sorted((meta.get("stems") or {}).items()):
            if not stem.get("audio_rendered", True):
                continue
            class_name = _class(stem, names)
            if class_name is not None:
                title = str(stem.get("midi_program_name") or stem.get("inst_class") or key)
                file = _file(folder / str(meta.get("audio_dir", "stems")), key)
                song.tracks.append(FileTrack(class_name, file, title))
        if song.tracks:
            data.songs.append(song)
    return data


def _split(folder: Path) -> str | None:
    if folder.parent.name in _FOLDERS:
        return _FOLDERS[folder.parent.name]
    if folder.parent.name == "omitted":
        return None
    number = int(re.findall(r"\d+", folder.name)[0])
    return "train" if number <= 1500 else "valid" if number <= 1875 else "test"


def _class(stem: dict[str, Any], names: ClassMap) -> str | None:
    program = stem.get("program_num")
    return names.of_program(
        int(program) if program is not None else -1,
        drum=bool(stem.get("is_drum")),
        name=str(stem.get("inst_class", "")),
    )


def _file(folder: Path, key: str) -> Path:
    """The stem's file; FLAC as it is distributed, or WAV if it was unpacked."""
    wav = folder / f"{key}.wav"
    return wav if wav.is_file() else folder / f"{key}.flac"
