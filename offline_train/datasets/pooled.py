"""A pool as a data set: its aligned items are songs, every other item is a song of one track."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from offline_train.datasets.base import RATE, DataSet, Song, Track
from offline_train.datasets.classmap import ClassMap
from offline_train.render.credit import origins
from rtiass.errors import UserError

_MARGIN = 4410  # samples read beyond a window's ends when the rate is changed


class PoolTrack(Track):
    """An item of a pool, memory-mapped while it is read.

    Args:
        class_name: Class of the recording.
        path: Its ``.npy`` file.
        item: Its entry of ``pool.json``.
    """

    def __init__(self, class_name: str, path: Path, item: dict[str, Any]) -> None:
        super().__init__(class_name, str(item["id"]))
        self.path = path
        self.item = item
        self.holds = tuple(item.get("holds") or ())

    @property
    def files(self) -> list[Path]:
        """The item's file."""
        return [self.path]

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self._audio()) / RATE

    def read(self, start: int, count: int, rate: int = RATE) -> NDArray[np.float32]:
        """A piece of it; see ``Track.read``."""
        audio = self._audio()
        if rate == RATE:
            return _window(audio, start, count)
        # Whole seconds begin on a sample of either rate.
        second = (start - _MARGIN) // rate
        length = -(-(start + count - second * rate + _MARGIN) * RATE // rate)
        out = soxr.resample(np.ascontiguousarray(_window(audio, second * RATE, length).T), RATE, rate)
        first = start - second * rate
        return np.ascontiguousarray(out[first : first + count].T)

    def _audio(self) -> NDArray[np.int16]:
        try:
            audio: NDArray[np.int16] = np.load(self.path, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise UserError(f"The pool's file {self.path} can't be read. Build or pack it again.") from error
        return audio


def read(root: Path, names: ClassMap, own: Path | None, bleed: bool) -> DataSet:
    """List a pool: ``pool.json`` and ``audio/<id>.npy``.

    Raises:
        UserError: There is no pool in the folder.
    """
    path = root / "pool.json"
    try:
        items: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"There is no pool in {root}: pool.json is missing.") from error
    except ValueError as error:
        raise UserError(f"{path} is damaged. Build or pack the pool again.") from error
    songs: dict[str, Song] = {}
    made_of: dict[str, dict[tuple[str, str, str], None]] = {}
    for item in items:
        class_name = names.of(item["class"])
        if class_name is None:
            continue
        key = str(item.get("song") or item["id"])
        kind = str(item["kind"])
        if key not in songs:
            songs[key] = Song(key, key, item["split"], "", "", kind=kind, known=tuple(item.get("known") or ()))
        elif songs[key].kind != kind:
            songs[key].kind = "rendered"  # as the reader of pools has it: recorded only if all of it is
        made_of.setdefault(key, {}).update(dict.fromkeys(origins(item)))
        songs[key].tracks.append(PoolTrack(class_name, root / "audio" / f"{item['id']}.npy", item))
    for key, song in songs.items():
        # Every item of a song has ingredients of its own; the song has them all.
        song.source, song.licence, song.credit = (" + ".join(column) for column in zip(*made_of[key], strict=True))
    name = root.resolve().name
    kinds = {song.kind for song in songs.values()}
    return DataSet(
        name, kinds.pop() if len(kinds) == 1 else "rendered", f"pool {name}", names.classes, [*songs.values()]
    )


def _window(audio: NDArray[np.int16], start: int, count: int) -> NDArray[np.float32]:
    """Samples as float32, shape (2, count), zeros past either end."""
    out = np.zeros((2, count), np.float32)
    first, last = max(start, 0), min(start + count, len(audio))
    if last > first:
        np.multiply(audio[first:last].T, np.float32(1 / 32768), out=out[:, first - start : last - start])
    return out
