"""How the child is run."""

from __future__ import annotations

import os
import sys


def child_command(fd: int) -> list[str]:
    """What is run as the child; ``fd`` is the descriptor of the shared state."""
    return [sys.executable, "-m", "rtiass.live.worker", str(fd)]


HUGE_PAGES = "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=134217728"
"""Memory in few large pages, which are found again soon after others had the processor; what is large with the rest."""


def child_environment() -> dict[str, str]:
    """Environment of the child.

    One thread for the linear algebra, whose pool would fight for the cores; and huge pages where Linux gives them, but
    for a user who tunes their memory. What the C library does not know is ignored.
    """
    return {"GLIBC_TUNABLES": HUGE_PAGES, **os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
