"""Small files that are whole or not there: written beside their goal, flushed to the disk, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path

from rtiass.errors import UserError


def write_whole(path: Path, text: str) -> None:
    """Replace a file by a text: after a crash or a power cut either the old text or the new one is there.

    Args:
        path: File to write; its folder must exist. A link is followed.
        text: Written as UTF-8.

    Raises:
        UserError: The disk is full, or the place can't be written; the file is as it was.
    """
    path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        try:
            with part.open("wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                part.chmod(path.stat().st_mode & 0o777)
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(f"The disk is full: {path} was not written. Make room and save again.") from error
        reason = error.strerror or error
        raise UserError(f"{path} can't be written: {reason}. Choose another folder or allow writing there.") from error


def _flush_folder(folder: Path) -> None:
    """Make the new name survive a power cut too; some file systems have no such thing."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
