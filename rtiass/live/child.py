"""How the child is run."""

from __future__ import annotations

import os
import sys


def child_command(fd: int) -> list[str]:
    """What is run as the child; ``fd`` is the descriptor of the shared state."""
    return [sys.executable, "-m", "rtiass.live.worker", str(fd)]


def child_environment() -> dict[str, str]:
    """Environment of the child: one thread for the linear algebra, whose pool would fight for the cores."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
