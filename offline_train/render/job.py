"""A piece of work that makes one or several items."""

from __future__ import annotations

import resource
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offline_train.render.check import sound
from offline_train.render.pool import Item, Pool

Result = Iterable[tuple[Item, NDArray[Any]]]


@dataclass(frozen=True)
class Job:
    """Work that can be sent to another process or machine.

    Attributes:
        name: Unique in the pool; its random numbers follow from it and the seed.
        group: Kind of material, for the progress bar and the table of speeds.
        seconds: Roughly how long what it makes is, over all its items.
        run: Function of a module's top level which gives items with audio, int16 or float, (n,) or (n, 2).
        arguments: Its arguments.
    """

    name: str
    group: str
    seconds: float
    run: Callable[..., Result]
    arguments: tuple[Any, ...]


def stream_of(seed: int, name: str) -> int:
    """Seed of a job: the same whatever other jobs there are and in whichever order they run."""
    return int(np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1)[0])


def _cpu_s() -> float:
    """Processor time of this process and of the programs that it has run."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def execute(job: Job, folder: Path) -> str:
    """Do the work unless it is done, and store what comes of it; gives the job's name.

    Items of one job are made before the first of them is stored, so that aligned items come together.

    Raises:
        UserError: A source is unreadable, what comes out is silent, clipped or of unequal length, or the disk is full.
    """
    pool = Pool(folder)
    if not pool.finished(job.name):
        start = _cpu_s()
        made = list(job.run(*job.arguments))
        sound(job.name, made)
        pool.add(made)
        pool.finish(job.name, job.group, (item.id for item, _ in made), _cpu_s() - start)
    return job.name
