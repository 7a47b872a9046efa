"""What the figures mean to somebody who wants to play: how often the work fits, and what to choose."""

from __future__ import annotations

from collections.abc import Sequence

from rtiass.bench.results import ComputeRow, LiveRow, Report
from rtiass.live.options import HEADROOM
from rtiass.stft import MODES

ENOUGH = 2
"""How often the work has to fit into the time there is: with less the host plans a lag, and nothing may go wrong."""

LONGEST_BLOCK = 512
"""Longest block that is recommended unheard, in samples."""


def advise(report: Report) -> list[str]:
    """A few sentences for each model and engine, at the fewest threads that were measured: live playing has one."""
    if not report.compute:
        return []
    fewest = min(row.threads for row in report.compute)
    groups: dict[tuple[str, str], list[ComputeRow]] = {}
    for row in report.compute:
        if row.threads == fewest:
            groups.setdefault((row.model, row.engine), []).append(row)
    found = []
    for (model, engine), rows in groups.items():
        played = [r for r in report.live if (r.model, r.engine) == (model, engine) and r.headroom == HEADROOM]
        found.append(f"{model} on {engine}: {_fits(rows)}. {_recommend(rows, played)}")
    return found


def _fits(rows: Sequence[ComputeRow]) -> str:
    parts = [_times(row.mode, int(row.fits)) for row in rows]
    parts[0] += " into the time there is"
    return "; ".join(parts)


def _times(mode: str, count: int) -> str:
    if count == 0:
        return f"`{mode}` doesn't fit"
    told = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"`{mode}` fits {told}"


def _recommend(rows: Sequence[ComputeRow], played: Sequence[LiveRow]) -> str:
    """The shortest latency that has time to spare, and had nothing late when it was played."""
    dirty = [row.mode for row in played if not row.clean]
    spare = [row.mode for row in rows if row.fits >= ENOUGH]
    good = [(MODES[row.mode].window, row) for row in rows if row.mode in spare and row.mode not in dirty]
    late = [mode for mode in MODES if mode in spare and mode in dirty]
    told = f" ({_list(late)} would fit, but something was late when it was played)" if late else ""
    if not good:
        why = f"Something was late in {_list(late)}" if late else "No mode fits twice"
        return (
            f"{why}: try a longer block (--block), another engine (rtiass engines measure), or a quieter machine "
            "(rtiass doctor)."
        )
    mode = min(good, key=lambda pair: pair[0])[1].mode
    blocks = [row.block for row in played if row.mode == mode and row.clean]
    # Without a device: a hop each callback, but no more latency than such a block is worth.
    block = min(blocks, default=min(LONGEST_BLOCK, MODES[mode].hop))
    return f"Recommended: `{mode}` at blocks of {block}{told}."


def _list(modes: Sequence[str]) -> str:
    names = [f"`{mode}`" for mode in modes]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
