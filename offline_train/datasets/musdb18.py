"""MUSDB18-HQ, listed by the ``musdb`` package: its 14 validation songs make the split 86/14/50."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offline_train.datasets.base import SPLITS, DataSet, Song
from offline_train.datasets.classmap import ClassMap
from offline_train.datasets.filetrack import FileTrack
from rtiass.errors import UserError

LICENCE = "MUSDB18 (per song, for research only)"
SOURCE = "MUSDB18-HQ (Rafii and others, 2019)"
WHOLE = (86, 14, 50)
"""Songs of the three splits."""


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool) -> DataSet:
    """List the set: ``train`` and ``test`` with a folder ``Artist - Title`` of WAV files for each song.

    Raises:
        UserError: The ``musdb`` package or FFmpeg is missing, or the folder is another one.
    """
    if not (root / "train").is_dir() and not (root / "test").is_dir():
        raise UserError(f"{root} has neither a folder train nor test; name the folder that MUSDB18-HQ was unpacked to.")
    if next(root.glob("*/*.stem.mp4"), None) is not None:
        raise UserError(f"{root} holds MUSDB18 as .stem.mp4 files. MUSDB18-HQ is wanted: zenodo.org/records/3338373")
    data = DataSet("musdb18", "recorded", SOURCE, names.classes, [])
    for subset, split in (("train", "train"), ("train", "valid"), ("test", None)):
        for found in _tracks(root, subset, split):
            folder = Path(found.path).parent
            song = Song(found.name, f"{subset}/{found.name}", split or "test", LICENCE, found.name.split(" - ")[0])
            for stem, source in found.sources.items():
                class_name = names.of(stem)
                if class_name is not None:
                    song.tracks.append(FileTrack(class_name, Path(source.path), stem))
            missing = sorted({"vocals", "drums", "bass", "other"} - set(found.sources))
            if missing:
                data.notes.append(f"{folder} has no {', no '.join(f'{name}.wav' for name in missing)}.")
            if song.tracks:
                data.songs.append(song)
    counts = tuple(len(data.of(split)) for split in SPLITS)
    if counts != WHOLE:
        data.notes.append(f"Songs of {root}: {_listed(counts)}; the whole set has {_listed(WHOLE)}.")
    return data


def _listed(counts: tuple[int, ...]) -> str:
    return ", ".join(f"{count} {split}" for count, split in zip(counts, SPLITS, strict=True))


def _tracks(root: Path, subset: str, split: str | None) -> list[Any]:
    try:
        import musdb
    except ImportError as error:
        raise UserError('MUSDB18-HQ is read by the package musdb: pip install "rtiass[train]"') from error
    except RuntimeError as error:  # stempeg, which it imports, looks for FFmpeg's programs
        raise UserError(
            "The package musdb needs the programs ffmpeg and ffprobe. Install FFmpeg (Debian and Ubuntu: apt-get "
            "install ffmpeg; macOS: brew install ffmpeg) and run the same command again."
        ) from error
    try:
        tracks: list[Any] = musdb.DB(root=str(root), is_wav=True, subsets=subset, split=split).tracks
    except Exception as error:  # ffprobe's answer to a damaged mixture.wav comes in several kinds
        raise UserError(f"{root / subset}: {_culprit(root / subset) or error}") from error
    return tracks


def _culprit(folder: Path) -> str | None:
    """A sentence about the first mixture that cannot be read."""
    for path in sorted(folder.glob("*/mixture.wav")):
        try:
            if FileTrack("other", path).seconds > 0:
                continue
        except UserError as error:
            return f"{error} Unpack the song again, or take its folder away."
    return None
