"""The pool on disk: one int16 file an item, one description an item, one list of all of them."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
        known: Classes that are told apart in the song, where an item of another class may hold everything else.
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
    known: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give the dictionary that stands in `pool.json`."""
        fields = asdict(self)
        if not fields["known"]:
            del fields["known"]
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


def _description(path: Path) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} could not be read: {error}. Delete it and start again.") from error
    return fields


@contextmanager
def at_work(folder: Path, alone: bool) -> Iterator[None]:
    """Hold a pool's folder: a rendering alone, several packings together; a rendering sweeps up what was left.

    Raises:
        UserError: The folder is held by others, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    except OSError as error:
        raise UserError(f"{folder} cannot be written to: {error.strerror or error}. Choose another folder.") from error
    with lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"Another rendering or packing is at work in {folder}: wait for it or choose another folder."
            ) from None
        if alone:
            for part in folder.rglob(".*.part"):
                part.unlink(missing_ok=True)
        yield


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

    def add(self, made: Sequence[tuple[Item, NDArray[Any]]]) -> None:
        """Store items, all or none; audio is int16, or float with full scale 1.0, (n,) or (n, 2) at 44.1 kHz.

        All audio is written before the first description, so that no song is listed by halves.

        Raises:
            UserError: The disk is full or the folder cannot be written to.
        """
        try:
            for item, audio in made:
                self._store(item, audio)
            for item, audio in made:
                fields = item.as_json() | {"seconds": round(len(audio) / RATE, 4)}
                write_json(self.items / f"{item.id}.json", fields)
        except BaseException:
            for item, _ in made:
                for path in (self.items / f"{item.id}.json", self.audio / f"{item.id}.npy"):
                    with suppress(OSError):
                        path.unlink(missing_ok=True)
            raise

    def _store(self, item: Item, audio: NDArray[Any]) -> None:
        samples = to_int16(audio)
        write_file(self.audio / f"{item.id}.npy", lambda stream: np.save(stream, samples))

    def finish(self, job: str, group: str, ids: Iterable[str], cpu_s: float) -> None:
        """Note that a job is done, what it has made and how many seconds of processor time it took."""
        write_json(self.jobs / f"{job}.json", {"group": group, "ids": list(ids), "cpu_s": round(cpu_s, 2)})

    def write_list(self) -> list[dict[str, Any]]:
        """Write `pool.json` and `LICENCES.md` from the finished items and give the list."""
        from offline_train.render.credit import licences

        found = [_description(path) for path in sorted(self.items.glob("*.json")) if not path.name.startswith(".")]
        write_json(self.folder / "pool.json", found)
        text = licences(found)
        write_file(self.folder / "LICENCES.md", lambda stream: stream.write(text.encode()))
        return found
