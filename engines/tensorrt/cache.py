"""Compiled networks on disk. Nothing there is trusted: what isn't exactly what was asked for counts as not there.

TensorRT executes what it loads, so a file counts only if it belongs to this user and nobody else can write it, if its
head names the very key and kind asked for, and if length and sum agree. Files are written beside their goal and
renamed: several hosts may build the same network at once, and the last one's file stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from engines.tensorrt.key import Key
from rtiass.engine import EngineError

FOLDER = "RTIASS_ENGINE_CACHE"
"""Environment variable that names another folder."""

MAGIC = b"rtiass compiled\n"
MAX_HEAD_BYTES = 16 * 1024
MAX_BYTES = 1 << 30
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


def default_folder() -> Path:
    """Folder of compiled networks: ``RTIASS_ENGINE_CACHE``, or ``rtiass/engines`` in the user's cache."""
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "rtiass" / "engines"


class Cache:
    """A folder of compiled networks."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else folder

    def path(self, key: Key, kind: str = "engine") -> Path:
        """Where a network is, or would be."""
        return self.folder / f"{key.digest}.{kind}"

    def read(self, key: Key, kind: str = "engine") -> bytes | None:
        """What was written under a key, or None if it is not there, damaged, or something else; never raises."""
        try:
            with self._opened(self.path(key, kind)) as file:
                head = _head(file)
                if head["key"] != asdict(key) or head["kind"] != kind:
                    return None
                size = head["bytes"]
                if not isinstance(size, int) or not 0 < size <= MAX_BYTES:
                    return None
                data = file.read(size + 1)
            if len(data) != size or hashlib.sha256(data).hexdigest() != head["sha256"]:
                return None
            return data
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def age(self, key: Key) -> float:
        """When a network was written, in seconds of the system's clock; 0 if it is not there."""
        try:
            return self.path(key).stat().st_mtime
        except OSError:
            return 0.0

    def write(self, key: Key, kind: str, data: bytes, model: str) -> Path:
        """Keep what was compiled: afterwards the whole of it is there, or what was there before.

        Raises:
            EngineError: The folder can't be written.
        """
        path = self.path(key, kind)
        head = {"key": asdict(key), "kind": kind, "model": model, "bytes": len(data)}
        head["sha256"] = hashlib.sha256(data).hexdigest()
        text = json.dumps(head).encode()
        part: Path | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Made with a name of its own, and readable and writable by this user alone.
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=self.folder)
            part = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(MAGIC + struct.pack("<I", len(text)) + text + data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise EngineError(
                f"The compiled network can't be kept in {self.folder} ({error.strerror or error}). "
                f"Make room there, or name another folder: {FOLDER}=DIR"
            ) from error
        finally:
            if part is not None:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
        return path

    def entries(self) -> list[Entry]:
        """Compiled networks that are there, by model; damaged files are left out."""
        found: list[Entry] = []
        for path in self.folder.glob("*.engine") if self.folder.is_dir() else ():
            try:
                with self._opened(path) as file:
                    head = _head(file)
                    size = os.fstat(file.fileno()).st_size
                key = Key(**head["key"])
                model = head["model"]
                if path == self.path(key) and all(isinstance(v, str) for v in (model, key.target, key.precision)):
                    # A model's name may come from anywhere; what is shown has no control characters.
                    found.append(Entry(path, "".join(c for c in model[:64] if c.isprintable()), key, size))
            except (OSError, ValueError, KeyError, TypeError, RecursionError):
                continue
        return sorted(found, key=lambda entry: (entry.model, entry.key.target, entry.key.precision, str(entry.path)))

    @contextlib.contextmanager
    def _opened(self, path: Path) -> Iterator[BinaryIO]:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            for what in (os.fstat(descriptor), self.folder.stat()):
                if hasattr(os, "geteuid") and (what.st_uid != os.geteuid() or what.st_mode & 0o022):
                    raise PermissionError(f"{path} could have been written by somebody else")
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError(f"{path} is no file")
            yield file


def _head(file: BinaryIO) -> dict[str, Any]:
    begin = file.read(len(MAGIC) + 4)
    if len(begin) != len(MAGIC) + 4 or begin[: len(MAGIC)] != MAGIC:
        raise ValueError("not a compiled network")
    (length,) = struct.unpack("<I", begin[len(MAGIC) :])
    if length > MAX_HEAD_BYTES:
        raise ValueError("its head is too long")
    head = json.loads(file.read(length).decode("utf-8"))
    if not isinstance(head, dict):
        raise TypeError("its head is no table")
    return head
