"""Writing a song into a pool: sums of any length at constant memory, and all of the song or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from offline_train.datasets.base import BLOCK
from offline_train.render.pool import Pool, write_file, write_json
from rtiass.errors import UserError

LOUDEST = 32767 / 32768
"""Largest value that a 16-bit sample holds."""


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else (error.strerror or str(error))
        raise UserError(
            f"{path} could not be written: {reason}. What is finished is kept; make room and start again."
        ) from error


class SongWriter:
    """Collects the stems of a song as float32 in hidden files, then writes them as int16 with one common gain.

    A context manager: leaving it without ``finish`` leaves no trace.

    Args:
        folder: Pool folder.
        name: Begins the ids of the song's items.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.pool = Pool(folder)
        self.name = name
        self.peaks: dict[str, float] = {}
        self.lengths: dict[str, int] = {}
        self._files: dict[str, IO[bytes]] = {}
        self._made: list[Path] = []
        self._stack = ExitStack()

    def add(self, stem: str, block: NDArray[np.float32]) -> None:
        """Append samples of shape (2, n) to a stem.

        Raises:
            UserError: The disk is full or the folder cannot be written to.
        """
        part = self._part(stem)
        with _writing(part):
            if stem not in self._files:
                part.parent.mkdir(parents=True, exist_ok=True)
                self._files[stem] = self._stack.enter_context(part.open("wb"))
            self._files[stem].write(np.ascontiguousarray(block.T).data)
        self.peaks[stem] = max(self.peaks.get(stem, 0.0), float(np.abs(block).max(initial=0.0)))
        self.lengths[stem] = self.lengths.get(stem, 0) + block.shape[1]

    def finish(
        self, stems: list[str], samples: int, fields: dict[str, Any], own: Mapping[str, dict[str, Any]] | None = None
    ) -> tuple[list[str], float]:
        """Write the items.

        Args:
            stems: Which of the stems to keep.
            samples: Length of the items; shorter stems are followed by silence.
            fields: What the items' descriptions share.
            own: What the descriptions of single stems have beside that.

        Returns:
            The items' ids, and the gain that all of them were given so that none clips (1 if none would).

        Raises:
            UserError: The disk is full or the folder cannot be written to; nothing of the song is left.
        """
        peak = max((self.peaks[stem] for stem in stems), default=0.0)
        gain = min(1.0, LOUDEST / peak) if peak else 1.0
        ids: list[str] = []
        try:
            for stem in stems:
                with _writing(self._part(stem)):
                    self._files[stem].flush()
                path = self.pool.audio / f"{self.name}-{stem}.npy"
                self._made.append(path)
                self._write(stem, path, samples, gain)
            for stem in stems:
                identity = f"{self.name}-{stem}"
                path = self.pool.items / f"{identity}.json"
                self._made.append(path)
                write_json(path, {"id": identity, "class": stem, **fields, **(own or {}).get(stem, {}), "gain": gain})
                ids.append(identity)
        except BaseException:
            for path in self._made:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            raise
        return ids, gain

    def _write(self, stem: str, path: Path, samples: int, gain: float) -> None:
        def write(stream: IO[bytes]) -> None:
            header = {"descr": "<i2", "fortran_order": False, "shape": (samples, 2)}
            np.lib.format.write_array_header_1_0(stream, header)
            with self._part(stem).open("rb") as source:
                left = samples
                while left > 0:
                    count = min(BLOCK, left)
                    block = np.zeros(2 * count, np.float32)
                    got = np.frombuffer(source.read(block.nbytes), np.float32)
                    block[: len(got)] = got
                    whole = np.clip(np.rint(block * np.float32(32768 * gain)), -32768, 32767)
                    stream.write(whole.astype("<i2").data)
                    left -= count

        write_file(path, write)

    def _part(self, stem: str) -> Path:
        return self.pool.audio / f".{self.name}-{stem}.{os.getpid()}.part"

    def __enter__(self) -> Self:
        # What a killed run has left of the same song.
        for path in self.pool.audio.glob(f".{self.name}-*.part"):
            path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._stack.close()
        for stem in self._files:
            with suppress(OSError):
                self._part(stem).unlink(missing_ok=True)
