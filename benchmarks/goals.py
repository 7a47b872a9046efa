"""What a step of the network and a whole hop are meant to keep, and whether a run kept it; for limit.py and hop.py."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.origin import sign
from rtiass.bench.machine import Load
from rtiass.bench.text import table

RATIO = 1.5
"""A step takes at most so many times its limit."""
MODEL = "band"
SHARES = {"live": 0.05, "instant": 0.25}
"""Of one core, by mode, at most so much for the model ``MODEL``."""


def goal(what: str, most: float, found: float | None, form: str) -> list[str]:
    """A row of the table of goals.

    Args:
        what: What is held against the goal.
        most: The goal: at most so much.
        found: The median of this run; None if it wasn't measured.
        form: How both are written, as ``format`` has it.
    """
    if found is None:
        return [what, format(most, form), "–", "not measured"]
    return [what, format(most, form), format(found, form), "met" if found <= most else "not met"]


def goals_table(rows: Sequence[Sequence[str]]) -> str:
    """Goals in Markdown, each met or not by this run."""
    return table(["goal of a median", "at most", "found", "by this run"], rows)


def others_text(before: Load, after: Load) -> str:
    """How busy the machine was with other things between two looks, as a sentence."""
    others, stolen = before.until(after)
    if others is None or stolen is None:
        return "What other processes took meanwhile isn't told by this system."
    return f"Other processes meanwhile: {others:.2f} cores; stolen by the machine around it: {stolen:.2f}."


def publish(text: str, folder: Path | None, name: str) -> None:
    """Print a report, and write it into a folder if there is one."""
    print(text)
    if folder is not None:
        (folder / name).write_text(text + "\n", encoding="utf-8")
        sign(folder)
