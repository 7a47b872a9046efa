"""Makes the pool: all jobs, two at a time, with a progress bar, resumable."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from offline_train.material.job import Job, execute
from offline_train.material.plan import all_jobs
from offline_train.material.pool import Pool
from rtiass.errors import UserError


def build_pool(data: Path, out: Path, jobs: int = 2) -> None:
    """Make, or complete, the pool of training and validation stems.

    Args:
        data: Folder of the material (`multitrack`, `singing`, `drums`, `guitar`, `bass`, `midi`).
        out: Folder of the pool; finished items in it are kept.
        jobs: Processes at work.

    Raises:
        UserError: If the material is not there.
    """
    if not (data / "multitrack").is_dir():
        raise UserError(f"There is no material at {data}: give the folder which holds 'multitrack'.")
    pool = Pool(out)
    work = all_jobs(data, out)
    open_jobs = [job for job in work if not job.done(pool)]
    pool.write_list()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as workers, Progress(*columns) as progress:
        for group, members in groupby(open_jobs, key=lambda job: job.group):
            _run_group(list(members), group, out, workers, progress)
            pool.write_list()


def _run_group(
    members: list[Job], group: str, out: Path, workers: ProcessPoolExecutor, progress: Progress
) -> None:
    task = progress.add_task(group, total=len(members))
    waiting = [workers.submit(execute, job, out) for job in members]
    try:
        for future in as_completed(waiting):
            future.result()
            progress.advance(task)
    finally:
        for future in waiting:
            future.cancel()
