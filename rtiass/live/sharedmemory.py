"""Memory that two processes share, without a name: nothing is left behind however they end."""

from __future__ import annotations

import mmap
import os
import tempfile


def map_shared(size: int, name: str, fd: int | None = None) -> tuple[int, mmap.mmap]:
    """Map an anonymous file.

    Args:
        size: Bytes; a whole number of pages.
        name: What the system's tools show; it need not be unique.
        fd: Descriptor of an existing one; without it a new one is made, filled with zeros.

    Returns:
        The descriptor, to be handed to the other process, and the mapping.
    """
    if fd is None:
        if hasattr(os, "memfd_create"):
            fd = os.memfd_create(name)
        else:
            with tempfile.TemporaryFile() as file:
                fd = os.dup(file.fileno())
        os.ftruncate(fd, size)
    return fd, mmap.mmap(fd, size)
