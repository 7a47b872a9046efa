"""The pool on disk: one int16 file an item, one description an item, one list of all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 44100


@dataclass(frozen=True)
class Item:
    """One stem of the pool.

    Attributes:
        id: File name without its ending, unique in the pool.
        target: `vocals`, `drums`, `bass` or `other`; stored under the key `class`.
        kind: `recorded`, `sampled` (one-shots, notes or syllables put together) or `rendered` (SoundFont).
        song: Items of one song are aligned in time and of equal length; None stands alone.
        speed: Factor by which the material runs faster (and higher) than its source.
        split: `train` or `valid`.
        source: Where the sound comes from.
        licence: Short name of its licence.
        credit: Whom to name.
        seconds: Length.
    """

    id: str
    target: str
    kind: str
    song: str | None
    speed: float
    split: str
    source: str
    licence: str
    credit: str
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Give the dictionary that stands in `pool.json`."""
        fields = asdict(self)
        return {"id": fields.pop("id"), "class": fields.pop("target"), **fields}


def _replace_text(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def to_int16(audio: NDArray[Any]) -> NDArray[np.int16]:
    """Turn float audio, full scale 1.0, mono (n,) or stereo (n, 2), into stereo int16 (n, 2)."""
    stereo = np.repeat(audio[:, None], 2, axis=1) if audio.ndim == 1 else audio
    return np.ascontiguousarray(np.clip(np.rint(stereo * 32767.0), -32768, 32767).astype(np.int16))


class Pool:
    """A folder with `audio/<id>.npy`, `items/<id>.json` and `pool.json`.

    An item exists when its description does; the description is written after the audio, and both by
    renaming, so that an interrupted run leaves nothing half done.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.audio = folder / "audio"
        self.items = folder / "items"
        for path in (self.audio, self.items):
            path.mkdir(parents=True, exist_ok=True)

    def has(self, name: str) -> bool:
        """Tell whether the item is finished."""
        return (self.items / f"{name}.json").exists()

    def add(self, item: Item, audio: NDArray[Any]) -> None:
        """Store an item; `audio` is float (n,) or (n, 2) at 44.1 kHz, full scale 1.0."""
        samples = to_int16(audio)
        partial = self.audio / f".{item.id}.{os.getpid()}"
        with partial.open("wb") as stream:
            np.save(stream, samples)
        partial.replace(self.audio / f"{item.id}.npy")
        fields = item.as_json() | {"seconds": round(len(samples) / RATE, 4)}
        _replace_text(self.items / f"{item.id}.json", json.dumps(fields, ensure_ascii=False, indent=1))

    def write_list(self, keep: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Write `pool.json` from the finished items (all, or those named) and give its content."""
        wanted = None if keep is None else set(keep)
        found = [
            json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(self.items.glob("*.json"))
            if not path.name.startswith(".") and (wanted is None or path.stem in wanted)
        ]
        _replace_text(self.folder / "pool.json", json.dumps(found, ensure_ascii=False, indent=1))
        return found
