"""Where a measurement shows: a bar while it runs, a table on the terminal, and a folder with the report."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from rtiass.atomicfile import write_whole
from rtiass.bench import histogram
from rtiass.bench.results import Report
from rtiass.bench.run import Found
from rtiass.bench.text import SUMMARY, markdown, summary
from rtiass.errors import UserError

MARKDOWN, JSON, PICTURE = "report.md", "report.json", "histogram.png"

REFRESH = 2
"""Pictures of the bar a second: each of them takes a little of the processor that is measured."""

MOST_LINES = 8
"""Lines in a histogram's panel beyond which those of more threads are left out."""

WIDE = 160
"""Width of tables where nobody's window limits it."""


class Bar:
    """A bar on standard error that goes by the time which the parts are known to take; use it as a context."""

    def __init__(self, duration: float, *, quiet: bool = False, lines: bool = False) -> None:
        """Make a bar.

        Args:
            duration: Seconds of all parts together, about.
            quiet: Show nothing.
            lines: Where standard error is no terminal, print a line for each part.
        """
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
            console=console, transient=True, refresh_per_second=REFRESH, disable=quiet or not console.is_terminal,
        )  # fmt: skip
        self._lines = lines and not quiet and not console.is_terminal
        self._task = self._bar.add_task("", total=duration)
        self._duration = duration
        self._done, self._part, self._begun = 0.0, 0.0, time.monotonic()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def tell(self, what: str, seconds: float) -> None:
        """A part begins.

        Args:
            what: Its name.
            seconds: How long it will take, about.
        """
        self._done += self._part
        self._part, self._begun = seconds, time.monotonic()
        self._bar.update(self._task, description=what)
        if self._lines:
            print(what, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        if not self._bar.disable:
            self._bar.start()
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._bar.stop()

    def _follow(self) -> None:
        while not self._ending.wait(1 / REFRESH):
            far = self._done + min(self._part, time.monotonic() - self._begun)
            self._bar.update(self._task, completed=min(far, self._duration))


def show(report: Report) -> None:
    """Print what was found: a table of what was paced, one of what was played, and the advice."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    if report.compute:
        table = Table(title="milliseconds, on the clock of the hop", title_justify="left")
        for place, head in enumerate(SUMMARY):
            table.add_column(head, justify="left" if place < 3 else "right", overflow="fold")
        for row in report.compute:
            table.add_row(*summary(row))
        console.print(table)
    if report.live:
        table = Table(title="played live", title_justify="left")
        for head in ("model", "engine", "mode"):
            table.add_column(head, overflow="fold")
        for head in ("block", "latency", "callbacks", "xruns", "underruns", "late masks", "oldest mask", "of a core"):
            table.add_column(head, justify="right")
        for played in report.live:
            table.add_row(
                played.model, played.engine, played.mode, str(played.block), f"{played.latency_ms:.1f} ms",
                str(played.callbacks), str(played.xruns), str(played.underruns), str(played.late_masks),
                f"{played.oldest_mask_ms:.1f} ms", "–" if played.cpu is None else f"{played.cpu:.0%}",
            )  # fmt: skip
        console.print(table)
    for loop in report.loopback:
        console.print(
            f"Loop-back, {loop.mode}: reported {loop.reported} samples, measured "
            f"{'nothing clear' if loop.measured is None else loop.measured}."
        )
    for start in report.starts:
        console.print(f"First sound after {start.sound_s:.1f} s: {start.what}.")
    console.print(report.device, soft_wrap=True, markup=False, highlight=False)
    for sentence in report.advice:
        console.print(sentence, soft_wrap=True, markup=False, highlight=False)


def prepare_folder(folder: Path) -> None:
    """Make the folder before anything is measured.

    Raises:
        UserError: It can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} can't be made: {error.strerror or error}. Choose another with -o."
        ) from error


def write(found: Found, folder: Path) -> str:
    """Write the report; earlier ones there are replaced.

    Returns:
        A sentence: what was written, and what not and why.

    Raises:
        UserError: The disk is full, or the folder can't be written.
    """
    report = found.report
    steps = _steps(found)
    picture, lacking = None, ""
    (folder / PICTURE).unlink(missing_ok=True)
    if steps:
        try:
            histogram.draw(steps, folder / PICTURE, _title(report.machine))
            picture = PICTURE
        except UserError as error:
            lacking = f" No histogram: {error}"
    write_whole(folder / JSON, json.dumps(report.as_plain(), indent=1, allow_nan=False) + "\n")
    write_whole(folder / MARKDOWN, markdown(report, picture))
    names = [MARKDOWN, JSON, *([picture] if picture else [])]
    return f"-> {folder}: {', '.join(names)}.{lacking}"


def _steps(found: Found) -> dict[str, dict[str, list[float]]]:
    """Network steps by mode and by what ran; where that are too many to be told apart, at the fewest threads only."""
    rows = found.report.compute
    kinds = {(row.model, row.engine, row.threads) for row in rows}
    fewest = min((threads for _, _, threads in kinds), default=0)
    steps: dict[str, dict[str, list[float]]] = {}
    for row, measured in zip(rows, found.times, strict=True):
        if row.threads == fewest or len(kinds) <= MOST_LINES:
            label = f"{row.model}, {row.engine}, {row.threads}"
            steps.setdefault(row.mode, {})[label] = measured.frames
    return steps


def _title(about: dict[str, Any]) -> str:
    return f"{about['processor']}, {about['cores']} cores, rtiass {about['rtiass']}: steps by model, engine, threads"
