"""Progress bars of file jobs, with time left and speed; nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rtiass.filejob import Progress as Callback


class SongProgress:
    """One bar on standard error for the song at work; a context manager."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Make a bar.

        Args:
            quiet: Show nothing. Nothing is shown either if standard error is no terminal.
        """
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[speed]}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
            # Results go to standard output while the bar is up: only a terminal needs them woven in.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._task: TaskID | None = None
        self._started = 0.0

    def start(self, name: str) -> Callback:
        """Begin with a song; the result is to be called with seconds done and seconds in all, or None."""
        self._started = time.monotonic()
        self._task = task = self._bar.add_task(name, total=None, speed="")
        # Until half a second has gone by, a speed would tell of the start-up only.
        shown = self._started + 0.5

        def update(done: float, total: float | None) -> None:
            nonlocal shown
            now = time.monotonic()
            if now < shown:
                return
            shown = now + 0.2
            text = f"{done / (now - self._started):.1f}x"
            self._bar.update(task, completed=done, total=None if total is None else max(done, total), speed=text)

        return update

    def end(self, seconds: float | None = None) -> str:
        """End of a song of this many seconds; tells how fast it went."""
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        elapsed = max(1e-3, time.monotonic() - self._started)
        return "" if seconds is None else f"{seconds:.1f} s in {elapsed:.1f} s, {seconds / elapsed:.1f}x real time"

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
