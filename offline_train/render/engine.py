"""Runs jobs: one after the other, on the cores of this machine, or on a Dask cluster."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from offline_train.render.job import Job, execute
from offline_train.render.pool import Pool, at_work
from rtiass.errors import UserError

LIST_EVERY_S = 60.0
BATCH_PER_JOB = 6
DASK_TIMEOUT = "10s"


def _work(job: Job, folder: Path) -> str:
    # Two processes on two cores must not start two threads each.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    return execute(job, folder)


def _results(jobs: Sequence[Job], folder: Path, workers: int, dask: str | None) -> Iterator[str]:
    if dask is None and workers == 1:
        yield from (_work(job, folder) for job in jobs)
        return
    settings: dict[str, Any] = {"n_jobs": workers}
    if dask is not None:
        settings = {"backend": "dask", "n_jobs": -1}
    with _cluster(dask), joblib.parallel_config(**settings), joblib.Parallel() as parallel:
        # Batches keep the list of the pool fresh and an interruption short, also where results come all at once.
        size = BATCH_PER_JOB * max(workers, 2)
        for start in range(0, len(jobs), size):
            yield from parallel(joblib.delayed(_work)(job, folder) for job in jobs[start : start + size])


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Be a client of the scheduler at an address, if there is one."""
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise UserError('Rendering on a cluster needs Dask. Install it with: pip install -e ".[render]"') from error
    try:
        client = Client(address, timeout=DASK_TIMEOUT, set_as_default=True)
    except (OSError, ValueError) as error:
        raise UserError(
            f"No Dask scheduler answers at {address}. Start one with: dask scheduler --host HOST --port PORT"
        ) from error
    with client:
        yield


def run(jobs: Sequence[Job], folder: Path, workers: int = 1, dask: str | None = None) -> list[dict[str, Any]]:
    """Do the jobs that are not done, and list the pool every minute and at the end, however it ends.

    What comes out depends on the jobs alone, not on their order or on how many workers there are.

    Args:
        jobs: What to do, in order.
        folder: Pool folder; on a cluster every worker must see it, and the sources, under the same path.
        workers: Processes on this machine.
        dask: Address of a Dask scheduler, such as `tcp://127.0.0.1:8786`, instead.

    Returns:
        The entries of `pool.json`.

    Raises:
        UserError: A job failed; what was finished before is kept and listed.
    """
    pool = Pool(folder)
    with at_work(folder, alone=True):
        open_jobs = [job for job in jobs if not pool.finished(job.name)]
        pool.write_list()
        listed = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        try:
            with Progress(*columns) as progress:
                task = progress.add_task("rendering", total=len(open_jobs))
                for name in _results(open_jobs, folder, workers, dask):
                    progress.update(task, advance=1, description=name)
                    if time.monotonic() - listed > LIST_EVERY_S:
                        pool.write_list()
                        listed = time.monotonic()
        finally:
            entries = pool.write_list()
    return entries
