"""Figures of songs kept on disk, row by row, so that an evaluation that was broken off goes on where it was.

A row is taken up again only if nothing that it depends on has changed: the model, the sound of the excerpt and its
labels, what was measured, and the version of this package.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from offline_train.evaluation.truth import Samples, Truth
from offline_train.fit.files import write_text
from rtiass import __version__
from rtiass.bundle import Bundle

WINDOWS = "windows"
"""Beside the figures of a part: the values of the 1 s windows behind them, NaN where undefined."""


def mark_of(bundle: Bundle, truth: Truth, *more: object) -> str:
    """Changes whenever the model, the excerpt or anything else that is named does."""
    late = (bundle.lookahead, bundle.activity_lookahead)
    digest = hashlib.sha256(f"{__version__} {bundle.stems} {late} {sorted(bundle.gates.items())}".encode())
    digest.update(bundle.onnx_bytes())
    digest.update(f"{truth.kind} {truth.start} {truth.known} {list(truth.sources)} {more}".encode())
    for audio in truth.sources.values():
        digest.update(np.ascontiguousarray(audio).data)
    for labels in truth.active.values():
        digest.update(np.packbits(labels).tobytes())
    return digest.hexdigest()


def sound_mark(audio: dict[str, Samples]) -> str:
    """Changes with the sound of any stem."""
    digest = hashlib.sha256(str(list(audio)).encode())
    for samples in audio.values():
        digest.update(np.ascontiguousarray(samples).data)
    return digest.hexdigest()


class Kept:
    """Rows of one model's songs in a folder, a file each.

    Args:
        folder: Made with the first row.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, song: str, row: str, mark: str) -> dict[str, Any] | None:
        """Figures by part, or None if there are none with this mark."""
        try:
            found = json.loads(self._path(song, row).read_text("utf-8"))
            parts: dict[str, Any] | None = found["parts"] if found["mark"] == mark else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        for figures in (parts or {}).values():
            # A figure of a whole song has no windows, and a part without any has no such entry.
            if WINDOWS in figures:
                figures[WINDOWS] = {name: np.array(values) for name, values in figures[WINDOWS].items()}
        return parts

    def put(self, song: str, row: str, mark: str, parts: dict[str, Any]) -> None:
        """Keep a row, whole or not at all.

        Raises:
            UserError: It cannot be written.
        """
        write_text(self._path(song, row), json.dumps({"mark": mark, "parts": parts}, default=np.ndarray.tolist))

    def _path(self, song: str, row: str) -> Path:
        return self.folder / _plain(song) / f"{_plain(row)}.json"


def _plain(name: str) -> str:
    """A name fit for a file, another one for every other name."""
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name)[:60]}-{zlib.crc32(name.encode()):08x}"
