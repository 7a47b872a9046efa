"""Makes the pool: all jobs, two at a time, with a progress bar, resumable."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from offline_train.render.job import Job, execute
from offline_train.render.plan import all_jobs
from offline_train.render.pool import Pool
from rtiass.errors import UserError

# Where Debian's packages put them; other systems pass their own folders.
SOUNDFONTS = Path("/usr/share/sounds/sf2")
GAME_SONGS = Path("/usr/share/games/fretsonfire/data/songs")


def build_pool(
    data: Path, out: Path, jobs: int = 2, soundfonts: Path = SOUNDFONTS, game_songs: Path = GAME_SONGS
) -> None:
    """Make, or complete, the pool of training and validation stems.

    Args:
        data: Folder of the material (`multitrack`, `singing`, `drums`, `guitar`, `bass`, `midi`).
        out: Folder of the pool; finished items in it are kept.
        jobs: Processes at work.
        soundfonts: Folder with FluidR3_GM.sf2 and TimGM6mb.sf2.
        game_songs: Folder of Frets on Fire songs; left out where it does not exist.

    Raises:
        UserError: If the material is not there.
    """
    if not (data / "multitrack").is_dir():
        raise UserError(f"There is no material at {data}: give the folder which holds 'multitrack'.")
    pool = Pool(out)
    work = all_jobs(data, out, soundfonts, game_songs)
    open_jobs = [job for job in work if not job.done(pool)]
    pool.write_list()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as workers, Progress(*columns) as progress:
        for group, members in groupby(open_jobs, key=lambda job: job.group):
            _run_group(list(members), group, pool, workers, progress)
            pool.write_list()


def _run_group(members: list[Job], group: str, pool: Pool, workers: ProcessPoolExecutor, progress: Progress) -> None:
    task = progress.add_task(group, total=len(members))
    waiting = [workers.submit(execute, job, pool.folder) for job in members]
    try:
        for count, future in enumerate(as_completed(waiting), 1):
            future.result()
            progress.advance(task)
            if count % 12 == 0:
                pool.write_list()
    finally:
        for future in waiting:
            future.cancel()
