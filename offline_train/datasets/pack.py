"""A data set into a pool: in parallel, to be broken off and taken up again."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from joblib import Parallel, delayed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from offline_train.datasets.base import SPLITS, DataSet, Song
from offline_train.datasets.packsong import Packed, pack_song
from offline_train.lineup import CLASSES
from offline_train.render.pool import Pool, at_work
from rtiass.errors import UserError


def pack(
    data: DataSet,
    out: Path,
    *,
    splits: Sequence[str] = SPLITS,
    jobs: int = 2,
    pad: float = 1.0,
    limit: int | None = None,
    say: Callable[[str], None] | None = None,
) -> list[Packed]:
    """Write the songs of a set into a pool; those that are there already stay as they are.

    Args:
        data: The set.
        out: Pool folder, new or not.
        splits: Splits to take.
        jobs: Processes at work.
        pad: Seconds by which a track may be shorter than the longest of its song.
        limit: Most songs of each split; which, does not depend on the order.
        say: Takes the warnings; if None, they go to standard error, with a progress bar.

    Returns:
        What became of each song, in the order of the set.

    Raises:
        UserError: The pool cannot be written; finished songs stay and are listed. A song that is wrong is no error
            here: its ``fault`` tells.
    """
    songs = [song for split in splits for song in _some(data.of(split), limit)]
    if not songs:
        raise UserError(f"{data.name} has no song of the split {' or '.join(splits)}.")
    bare = replace(data, songs=[], notes=[])
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("packing {task.fields[name]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=say is not None or not console.is_terminal,
    )
    tell = say or (lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True))
    results: list[Packed] = []
    with at_work(out, alone=False):
        try:
            with bar:
                task = bar.add_task("", total=len(songs), name=data.name)
                for note in data.notes:
                    tell(f"Warning: {note}")
                work = Parallel(n_jobs=jobs, return_as="generator")
                for done in work(delayed(pack_song)(bare, song, out, pad) for song in songs):
                    results.append(done)
                    bar.advance(task)
                    if done.fresh:
                        for warning in done.warnings:
                            tell(f"Warning: {warning}")
                    if done.fault:
                        tell(f"Left out: {done.song}. {done.fault}")
        except BaseException as error:
            with suppress(UserError):
                Pool(out).write_list()
            if isinstance(error, KeyboardInterrupt):
                tell("Stopped. Finished songs are kept; the same command goes on.")
            raise
        Pool(out).write_list()
    return results


def _some(songs: list[Song], limit: int | None) -> list[Song]:
    """At most ``limit`` songs, chosen by their keys alone, in their order."""
    if limit is None or len(songs) <= limit:
        return songs
    kept = {song.key for song in sorted(songs, key=lambda song: (zlib.crc32(song.key.encode()), song.key))[:limit]}
    return [song for song in songs if song.key in kept]


def seconds(results: Sequence[Packed]) -> dict[str, dict[str, float]]:
    """Seconds by class and split: ``{"vocals": {"train": 512.0}}``."""
    out: dict[str, dict[str, float]] = {name: {} for name in CLASSES}
    for result in results:
        for name, length in result.seconds.items():
            row = out.setdefault(name, {})
            row[result.split] = row.get(result.split, 0.0) + length
    return out


def missing(data: DataSet, results: Sequence[Packed]) -> list[str]:
    """A sentence for every class that the set should have but nothing was found of, in each split that has songs."""
    found = seconds(results)
    out = []
    for split in dict.fromkeys(result.split for result in results):
        lacking = [name for name in data.classes if not found.get(name, {}).get(split)]
        if lacking:
            out.append(f"No material of {', '.join(lacking)} in the split {split} of {data.name}.")
    return out


def table(results: Sequence[Packed]) -> Table:
    """Minutes by class and split."""
    splits = [split for split in SPLITS if any(result.split == split for result in results)]
    out = Table("class", *(f"{split}, min" for split in splits), title="Packed")
    for name, row in seconds(results).items():
        out.add_row(name, *(f"{row.get(split, 0.0) / 60:.1f}" for split in splits))
    out.add_row("songs", *(str(sum(r.split == s and bool(r.items) for r in results)) for s in splits))
    return out


def finish(data: DataSet, results: Sequence[Packed]) -> None:
    """Refuse what is not whole.

    Raises:
        UserError: Songs were left out because something is wrong with them, or there is nothing to hear in any.
    """
    faults = sum(bool(result.fault) for result in results)
    if faults:
        raise UserError(
            f"{faults} of {len(results)} songs of {data.name} were left out; the sentences above name the files. Mend "
            "them and run the same command again: finished songs are kept."
        )
    if not any(result.items for result in results):
        raise UserError(f"Nothing was packed: all songs of {data.name} are silent.")
