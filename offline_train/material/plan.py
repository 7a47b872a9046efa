"""The order of the work: what matters most comes first, so that training can begin early."""

from __future__ import annotations

from pathlib import Path

from offline_train.material import multitrack
from offline_train.material.job import Job


def all_jobs(data: Path, out: Path) -> list[Job]:
    """List every job in order; jobs of one group stand together."""
    return multitrack.jobs(data)
