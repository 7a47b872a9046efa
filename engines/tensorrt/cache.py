"""Networks compiled for cards, on disk; see :mod:`engines.keptfiles` for what is believed there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engines.keptfiles import ERRORS, Identity, KeptFiles, read_head
from engines.tensorrt.key import Key

KINDS = ("engine", "runtime", "timing")
"""A compiled network; what was finished on the card; what was measured while compiling."""


@dataclass(frozen=True)
class Entry:
    """A compiled network in the cache, by its head alone.

    Attributes:
        path: The file.
        model: Name of the model it was built from.
        key: Its key.
        size: Bytes of the file.
    """

    path: Path
    model: str
    key: Key
    size: int


class Cache(KeptFiles):
    """A folder of networks compiled for cards."""

    def path(self, key: Identity, kind: str = "engine") -> Path:
        """Where a network is, or would be."""
        return super().path(key, kind)

    def read(self, key: Identity, kind: str = "engine") -> bytes | None:
        """What was written under a key, or None if it is not there, damaged, or something else; never raises."""
        return super().read(key, kind)

    def age(self, key: Key) -> float:
        """When a network was written, in seconds of the system's clock; 0 if it is not there."""
        try:
            return self.path(key).stat().st_mtime
        except OSError:
            return 0.0

    def entries(self) -> list[Entry]:
        """Compiled networks that are there, by model; damaged files are left out."""
        found: list[Entry] = []
        for path in self.folder.glob("*.engine") if self.folder.is_dir() else ():
            try:
                with self.opened(path) as file:
                    head = read_head(file)
                    size = os.fstat(file.fileno()).st_size
                key = Key(**head["key"])
                model = head["model"]
                if path == self.path(key) and all(isinstance(v, str) for v in (model, key.target, key.precision)):
                    # A model's name may come from anywhere; what is shown has no control characters.
                    found.append(Entry(path, "".join(c for c in model[:64] if c.isprintable()), key, size))
            except ERRORS:
                continue
        return sorted(found, key=lambda entry: (entry.model, entry.key.target, entry.key.precision, str(entry.path)))
