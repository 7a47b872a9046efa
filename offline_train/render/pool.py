"""The pool on disk: one int16 file an item, one description an item, one list of all of them."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from rtiass.errors import UserError

RATE = 44100


@dataclass(frozen=True)
class Item:
    """One stem of the pool.

    Attributes:
        id: File name without its ending, unique in the pool.
        target: One of the classes of `lineup.py`; stored under the key `class`.
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


def write_file(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file under a name of its own and rename it when it is whole.

    Raises:
        UserError: The disk is full or the folder cannot be written to; nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            write(stream)
        partial.replace(path)
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error))
        raise UserError(
            f"{path} could not be written: {reason}. What is finished is kept; make room and start again."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file at once."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    write_file(path, lambda stream: stream.write(text.encode()))


def to_int16(audio: NDArray[Any]) -> NDArray[np.int16]:
    """Turn float audio, full scale 1.0, mono (n,) or stereo (n, 2), into stereo int16 (n, 2); int16 stays."""
    shaped = np.repeat(audio[:, None], 2, axis=1) if audio.ndim == 1 else audio
    if shaped.dtype == np.int16:
        return np.ascontiguousarray(shaped)
    return np.ascontiguousarray(np.clip(np.rint(shaped * 32767.0), -32768, 32767).astype(np.int16))


class Pool:
    """A folder with `audio/<id>.npy`, `items/<id>.json`, `jobs/<name>.json`, `pool.json` and `LICENCES.md`.

    An item exists when its description does; the description is written after the audio, and both by
    renaming, so that an interrupted run leaves nothing half done. A job's file lists the items it has made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.audio = folder / "audio"
        self.items = folder / "items"
        self.jobs = folder / "jobs"

    def has(self, name: str) -> bool:
        """Tell whether the item is finished."""
        return (self.items / f"{name}.json").exists()

    def finished(self, job: str) -> bool:
        """Tell whether a job is finished."""
        return (self.jobs / f"{job}.json").exists()

    def add(self, item: Item, audio: NDArray[Any]) -> None:
        """Store an item; `audio` is int16, or float with full scale 1.0, (n,) or (n, 2) at 44.1 kHz."""
        samples = to_int16(audio)
        write_file(self.audio / f"{item.id}.npy", lambda stream: np.save(stream, samples))
        fields = item.as_json() | {"seconds": round(len(samples) / RATE, 4)}
        write_json(self.items / f"{item.id}.json", fields)

    def finish(self, job: str, group: str, ids: Iterable[str], cpu_s: float) -> None:
        """Note that a job is done, what it has made and how many seconds of processor time it took."""
        write_json(self.jobs / f"{job}.json", {"group": group, "ids": list(ids), "cpu_s": round(cpu_s, 2)})

    def write_list(self) -> list[dict[str, Any]]:
        """Write `pool.json` and `LICENCES.md` from the finished items and give the list."""
        from offline_train.render.credit import licences

        found = [
            json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(self.items.glob("*.json"))
            if not path.name.startswith(".")
        ]
        write_json(self.folder / "pool.json", found)
        text = licences(found)
        write_file(self.folder / "LICENCES.md", lambda stream: stream.write(text.encode()))
        return found
