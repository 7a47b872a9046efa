"""What engines compiled, kept on disk. Nothing there is trusted: what isn't exactly what was asked for is not there.

A processor or a card executes what is loaded, so a file counts only if it belongs to this user and nobody else can
write it, if its head names the very key and kind asked for, and if length and sum agree. Files are written beside their
goal and renamed: several hosts may compile the same network at once, and the last one's file stays.
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
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from rtiass.engine import EngineError

FOLDER = "RTIASS_ENGINE_CACHE"
"""Environment variable that names another folder."""

MAGIC = b"rtiass compiled\n"
MAX_HEAD_BYTES = 16 * 1024
MAX_BYTES = 1 << 30
UNFINISHED = 3600.0
"""Seconds after which a file that is half written belongs to nobody who still writes it."""
ERRORS = (OSError, ValueError, KeyError, TypeError, RecursionError)
"""What a file that is not there, damaged or something else raises while it is read."""


@dataclass(frozen=True)
class Identity:
    """What a file belongs to; subclasses add attributes. Any difference in one means another file."""

    @property
    def digest(self) -> str:
        """All attributes as 32 hexadecimal digits, for a file's name."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


def default_folder() -> Path:
    """Folder of compiled networks: ``RTIASS_ENGINE_CACHE``, or ``rtiass/engines`` in the user's cache."""
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "rtiass" / "engines"


class KeptFiles:
    """A folder of compiled networks."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else folder

    def path(self, key: Identity, kind: str) -> Path:
        """Where a file is, or would be."""
        return self.folder / f"{key.digest}.{kind}"

    def read(self, key: Identity, kind: str) -> bytes | None:
        """What was written under a key, or None if it is not there, damaged, or something else; never raises."""
        try:
            with self.opened(self.path(key, kind)) as file:
                head = read_head(file)
                if head["key"] != asdict(key) or head["kind"] != kind:
                    return None
                size = head["bytes"]
                if not isinstance(size, int) or not 0 < size <= MAX_BYTES:
                    return None
                data = file.read(size + 1)
            if len(data) != size or hashlib.sha256(data).hexdigest() != head["sha256"]:
                return None
            return data
        except ERRORS:
            return None

    def write(self, key: Identity, kind: str, data: bytes, model: str) -> Path:
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

    def thin(self, kind: str, count: int) -> None:
        """Leave the newest files of a kind, and nothing half written by a process that was killed; never raises.

        Args:
            kind: Of the files.
            count: How many stay.
        """
        ages: list[tuple[float, Path]] = []
        now = time.time()
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                with contextlib.suppress(OSError):
                    written = path.stat().st_mtime
                    if path.suffix == f".{kind}":
                        ages.append((written, path))
                    elif path.name.startswith(".") and path.suffix == ".part" and now - written > UNFINISHED:
                        path.unlink()
        for _, path in sorted(ages, reverse=True)[count:]:
            with contextlib.suppress(OSError):  # a folder, or gone meanwhile
                path.unlink()

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[BinaryIO]:
        """A file of the folder that nobody else could have written.

        Raises:
            OSError, ValueError: It is not there, or no such file.
        """
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            for what in (os.fstat(descriptor), self.folder.stat()):
                if hasattr(os, "geteuid") and (what.st_uid != os.geteuid() or what.st_mode & 0o022):
                    raise PermissionError(f"{path} could have been written by somebody else")
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError(f"{path} is no file")
            yield file


def read_head(file: BinaryIO) -> dict[str, Any]:
    """What a file says of itself; afterwards the file stands where the data begins.

    Raises:
        ValueError, TypeError, RecursionError: It is no such file.
    """
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
