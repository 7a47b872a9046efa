"""Rounds of measurements: each run a fresh process, the order turned from round to round.

So a machine that is slower for a while is slower for all. A row that fails with a number of threads says why, and is
left out of later rounds with that number.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .environments import PeerError, reason
from .roster import HERE, Row

ADAPTERS = HERE / "adapters"


@dataclass
class Measured:
    """A row with what came of it.

    Attributes:
        row: The system.
        runs: An answer of the adapter each, with ``round`` and ``threads``.
        errors: Why there is nothing, or no more, by number of threads.
    """

    row: Row
    runs: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)

    def fail(self, why: str) -> None:
        """It can't be run at all, with any number of threads."""
        self.errors = dict.fromkeys(self.row.threads, why)


def cores() -> list[int]:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def run_once(
    row: Row, python: Path, song: Path, seconds: float, threads: int, paper: Path, timeout: float
) -> dict[str, Any]:
    """Run an adapter on as many cores as threads, where that can be set.

    Returns:
        Its answer.

    Raises:
        PeerError: It fails, takes too long, or doesn't answer.
    """
    pin = ["taskset", "-c", ",".join(map(str, cores()[:threads]))] if shutil.which("taskset") else []
    command = [*pin, str(python), str(row.adapter), *(part.replace("{paper}", str(paper)) for part in row.arguments)]
    command += ["--song", str(song), "--seconds", repr(seconds * row.share), "--threads", str(threads)]
    path = [str(ADAPTERS)] if row.environment else [str(ADAPTERS), str(HERE.parent.parent)]
    limits = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "MKL", "OPENBLAS")}
    environment = os.environ | limits | {"PYTHONPATH": os.pathsep.join(path), "TF_CPP_MIN_LOG_LEVEL": "2"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, check=False, env=environment, errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"stopped after {timeout:.0f} s") from error
    if done.returncode:
        raise PeerError(f"failed: {reason(done.stderr)}")
    try:
        answer = json.loads(done.stdout)
        if not {"seconds", "audio_seconds", "peak_mb"} <= set(answer):
            raise PeerError("failed: its answer lacks what was measured")
    except (json.JSONDecodeError, TypeError) as error:
        raise PeerError("failed: it did not answer with one line of JSON") from error
    return answer


def run_rounds(
    measured: Sequence[Measured],
    rounds: int,
    rounds_of_several: int,
    once: Callable[[Row, int], dict[str, Any]],
    tell: Callable[[str], None],
) -> None:
    """Measure every row in one thread in every round, and in several threads in the first rounds.

    Args:
        measured: Rows; a number of threads with an error already is left out. Runs and errors are added to them.
        rounds: How often in one thread.
        rounds_of_several: How often in each other number of threads, at most ``rounds``.
        once: Measures a row with a number of threads; raises ``PeerError``.
        tell: Takes lines of progress.
    """
    for number in range(rounds):
        turns = [(e, t) for e in measured for t in e.row.threads if t == 1 or number < rounds_of_several]
        first = number * len(turns) // rounds
        for entry, threads in turns[first:] + turns[:first]:
            if threads in entry.errors:
                continue
            try:
                answer = once(entry.row, threads)
            except PeerError as error:
                entry.errors[threads] = str(error)
                tell(f"round {number + 1}, {entry.row.name}, {threads} threads: {error}")
                continue
            entry.runs.append({"round": number, "threads": threads, **answer})
            pace = 1000 * answer["seconds"] / answer["audio_seconds"]
            tell(f"round {number + 1}, {entry.row.name}, {threads} threads: {pace:.1f} ms a second of audio")
