"""Reading the pool: stems on disk, with their activity beside them.

A pool is a folder with ``pool.json`` (a list of items) and ``audio/<id>.npy`` (int16, shape (samples, 2),
44.1 kHz). Items with the same song are aligned; a varispeed copy of a song has a name of its own. Activity is
computed once per item and cached in ``activity/``.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offline_train import labels
from offline_train.fit.files import disk_errors
from rtiass.errors import UserError


@dataclass
class Item:
    """One stem recording of the pool.

    Attributes:
        id: Name of its file.
        stem: Class, see ``offline_train.lineup``.
        kind: recorded, sampled or rendered.
        song: Items with the same key are aligned; None for a single item.
        audio: Shape (samples, 2) int16, memory-mapped.
        active: Labels, shape (label frames,).
        rms: Root mean square around the label frames, full scale 1.
        level: Root mean square over the active frames; 0 for a silent item.
        meta: The item's entry of pool.json.
    """

    id: str
    stem: str
    kind: str
    song: str | None
    audio: NDArray[np.int16]
    active: NDArray[np.bool_]
    rms: NDArray[np.float32]
    level: float
    meta: dict[str, Any]

    @property
    def gain(self) -> float:
        """What its song was lowered by when it was packed, so that nothing clips; 1 if it was not."""
        return float(self.meta.get("gain", 1.0))

    @property
    def samples(self) -> int:
        """Length in samples."""
        return len(self.audio)

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """Audio as float32, shape (2, count), full scale 1, zeros past either end."""
        out = np.zeros((2, count), dtype=np.float32)
        first, last = max(start, 0), min(start + count, self.samples)
        if last > first:
            np.multiply(self.audio[first:last].T, np.float32(1 / 32768), out=out[:, first - start : last - start])
        return out


@dataclass
class Song:
    """Aligned items, by stem; several items of one stem are summed.

    Its kind is recorded if that of all its items is, else rendered.
    """

    name: str
    kind: str
    samples: int
    stems: dict[str, list[Item]] = field(default_factory=dict)

    def stem_active(self, stem: str) -> NDArray[np.bool_]:
        """Labels of a stem: active where any of its items is."""
        rows = [item.active for item in self.stems[stem]]
        return np.logical_or.reduce(rows)

    def sounds(self, stem: str) -> bool:
        """Whether there is any sound of a stem."""
        return any(item.level > 0 for item in self.stems.get(stem, []))

    def read(self, stem: str, start: int, count: int) -> NDArray[np.float32]:
        """Sum of the stem's items, shape (2, count)."""
        total = np.zeros((2, count), dtype=np.float32)
        for item in self.stems.get(stem, []):
            total += item.read(start, count)
        return total


class Pool:
    """The items of one split.

    Args:
        folder: Pool folder.
        split: ``train`` or ``valid``.

    Raises:
        UserError: There is no pool in the folder, it cannot be read, or it has no item of the split.
    """

    def __init__(self, folder: str | Path, split: str = "train") -> None:
        self.folder = Path(folder)
        self.split = split
        self.items: dict[str, Item] = {}
        self.songs: list[Song] = []
        self._stamp = 0
        if not (self.folder / "pool.json").is_file():
            raise UserError(
                f"There is no pool in {self.folder}: pool.json is missing. Build one with: rtiass-train pool"
            )
        self.refresh()
        if not self.items:
            raise UserError(f"The pool in {self.folder} has no item of the split '{split}'.")

    def refresh(self) -> bool:
        """Read pool.json again if it has changed; True if it had.

        Raises:
            UserError: The list, or a recording that it names, cannot be read; what was known stays.
        """
        path = self.folder / "pool.json"
        stamp = path.stat().st_mtime_ns
        if stamp == self._stamp:
            return False
        entries = [entry for entry in _entries(path) if entry["split"] == self.split]
        groups: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            groups.setdefault((entry.get("song") or None) or f"item:{entry['id']}", []).append(entry)
        items: dict[str, Item] = {}
        songs: list[Song] = []
        for key, members in groups.items():
            loaded = self._load(members)
            items.update((item.id, item) for item in loaded)
            if not key.startswith("item:"):
                kind = "recorded" if all(item.kind == "recorded" for item in loaded) else "rendered"
                song = Song(key, kind, max(item.samples for item in loaded))
                for item in loaded:
                    song.stems.setdefault(item.stem, []).append(item)
                songs.append(song)
        self.items, self.songs, self._stamp = items, songs, stamp
        return True

    def _load(self, members: list[dict[str, Any]]) -> list[Item]:
        """Items of one aligned group, their activity from the cache or computed together."""
        known = [self.items.get(entry["id"]) for entry in members]
        if all(item is not None for item in known) and len(known) == 1:
            return [item for item in known if item is not None]
        audio = [_audio(self.folder / "audio" / f"{entry['id']}.npy") for entry in members]
        group = zlib.crc32("\n".join(sorted(e["id"] for e in members)).encode())
        paths = [self.folder / "activity" / f"{e['id']}-{group:08x}.npy" for e in members]
        if not all(path.is_file() for path in paths):
            _write_activity(audio, paths)
        out = []
        for entry, samples, path in zip(members, audio, paths, strict=True):
            table = np.load(path)
            on, rms = table[0] > 0.5, table[1]
            level = level_of(on, rms)
            out.append(
                Item(
                    entry["id"],
                    entry["class"],
                    entry["kind"],
                    (entry.get("song") or None),
                    samples,
                    on,
                    rms,
                    level,
                    entry,
                )
            )
        return out

    def of(self, stem: str, kind: str | None = None) -> list[Item]:
        """Items of a class (and kind) that are not silent."""
        return [
            item
            for item in self.items.values()
            if item.stem == stem and (kind is None or item.kind == kind) and item.level > 0
        ]

    def seconds(self) -> dict[str, float]:
        """Seconds of audio per class and kind, e.g. ``{"vocals recorded": 512.0}``."""
        total: dict[str, float] = {}
        for item in self.items.values():
            key = f"{item.stem} {item.kind}"
            total[key] = total.get(key, 0.0) + item.samples / 44100
        return total


def level_of(on: NDArray[np.bool_], rms: NDArray[np.floating]) -> float:
    """Root mean square over the active frames; over those that are not silent if none is active; 0 for silence."""
    heard = rms[on] if on.any() else rms[rms > 1e-3 * max(float(rms.max(initial=0.0)), 1e-6)]
    return float(np.sqrt(np.mean(np.square(heard)))) if len(heard) else 0.0


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_text("utf-8"))
        for entry in entries:
            entry["id"], entry["class"], entry["kind"], entry["split"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is not the list of a pool ({type(error).__name__}: {error}). Build the pool again with the "
            "command that made it; what is finished in it is kept."
        ) from error
    return entries


def _audio(path: Path) -> NDArray[np.int16]:
    """A recording, memory-mapped."""
    try:
        audio: NDArray[np.int16] = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise UserError(
            f"{path} cannot be read ({error}), but the pool's list names it. Remove the file, and build the pool again "
            "with the command that made it."
        ) from error
    if audio.dtype != np.int16 or audio.ndim != 2 or audio.shape[1] != 2:
        raise UserError(f"{path} is no stereo recording of 16 bits: {audio.dtype}, {audio.shape}. Remove the file.")
    return audio


def _write_activity(audio: list[NDArray[np.int16]], paths: list[Path]) -> None:
    """Compute labels and RMS of an aligned group; one (2, frames) float32 file an item, atomically."""
    length = max(len(a) for a in audio)
    energy, rms = [], []
    for samples in audio:
        mono = np.zeros(length, dtype=np.float32)
        mono[: len(samples)] = samples.astype(np.float32).mean(axis=1) / 32768
        energy.append(labels.energy_envelope(mono))
        rms.append(labels.rms_envelope(mono))
    on = labels.active(energy)
    for row, level, path in zip(on, rms, paths, strict=True):
        # A name of this process's own: two trainings may look at a pool for the first time together.
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            with disk_errors(path):
                path.parent.mkdir(exist_ok=True)
                with part.open("wb") as file:
                    np.save(file, np.stack([row.astype(np.float32), level.astype(np.float32)]))
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)
