"""Writing files whole: a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rtiass.errors import UserError


@contextmanager
def disk_errors(path: str | Path) -> Iterator[None]:
    """Turn an operating system's refusal to write into a sentence that names the file.

    Raises:
        UserError: The disk is full, or the file may not be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"{path} could not be written: the disk is full. What was there before is untouched; make room, then "
                "give the command again; a training goes on with --resume."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise UserError(f"{path} could not be written: {error.strerror}. Choose another folder.") from error
        raise


def write_whole(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill ``<path>.part``, then put it in the place of ``path``.

    Args:
        path: The file; its folder is made if missing.
        write: Called with the path of the partial file.

    Returns:
        ``path``.

    Raises:
        UserError: The disk is full; the file that was there stays.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(part)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def write_text(path: str | Path, text: str) -> Path:
    """Write a text file whole; see :func:`write_whole`."""
    return write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
