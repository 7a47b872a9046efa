"""A piece of work that makes one or several items."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from offline_train.render.pool import Item, Pool

Result = Iterable[tuple[Item, NDArray[Any]]]


@dataclass(frozen=True)
class Job:
    """Work that can be sent to another process.

    Attributes:
        group: Heading for the progress bar.
        ids: Items that it makes; finished when all of them exist.
        run: Function of a module's top level which gives items with float audio (n,) or (n, 2).
        arguments: Its arguments.
    """

    group: str
    ids: tuple[str, ...]
    run: Callable[..., Result]
    arguments: tuple[Any, ...]

    def done(self, pool: Pool) -> bool:
        """Tell whether nothing is left to do."""
        return all(pool.has(name) for name in self.ids)


def execute(job: Job, folder: Path) -> tuple[str, ...]:
    """Do the work unless it is done, store what comes of it, and give the ids."""
    pool = Pool(folder)
    if not job.done(pool):
        for item, audio in job.run(*job.arguments):
            pool.add(item, audio)
    return job.ids
