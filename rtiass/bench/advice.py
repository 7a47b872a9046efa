"""What the figures mean to somebody who wants to play: how often the work fits, and what to choose."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rtiass.bench.results import ComputeRow, LiveRow, Report
from rtiass.bundle import Bundle
from rtiass.enginechoice import remembered, worthwhile
from rtiass.live.options import HEADROOM
from rtiass.stft import ALL_MODES

ENOUGH = 2
"""How often the work has to fit into the time there is: with less the host plans a lag, and nothing may go wrong."""

LIVE_THREADS = 1
"""Threads of an engine in live playing."""

LONGEST_BLOCK = 512
"""Longest block that is recommended unheard, in samples."""


def advise(report: Report, tried: Collection[tuple[str, str]] = ()) -> list[str]:
    """A few sentences for each model and engine, with one thread, as live playing has it.

    Args:
        report: What was found.
        tried: Models and engines that were to be played: a mode without a row could not be.
    """
    groups: dict[tuple[str, str], list[ComputeRow]] = {}
    for row in report.compute:
        groups.setdefault((row.model, row.engine), []).append(row)
    found = []
    for (model, engine), measured in groups.items():
        rows = [row for row in measured if row.threads == LIVE_THREADS]
        if not rows:
            found.append(f"{model} on {engine}: live playing has one thread. Measure with --threads 1 for advice.")
            continue
        played = [r for r in report.live if (r.model, r.engine) == (model, engine) and r.headroom == HEADROOM]
        clean = {row.mode for row in played} if played or (model, engine) in tried else {row.mode for row in rows}
        clean -= {row.mode for row in played if not row.clean}
        found.append(f"{model} on {engine}: {_fits(rows)}. {_recommend(rows, played, clean)}")
    return found


def before_the_show(bundle: Bundle, taken: str) -> str:
    """What ``auto`` may do in the next show, if that was not measured; else empty.

    Args:
        bundle: The model.
        taken: The engine that ``auto`` took in this measurement, in which nothing is measured beside it.
    """
    engines = [] if remembered(bundle).engine else worthwhile(bundle)
    if not engines:
        return ""
    return (
        f"{bundle.name}: engines were not compared on this machine yet, so auto took {taken}; the next show compares "
        f"{' and '.join(engines)}, and may change to another one. Run 'rtiass engines measure' with this model first, "
        "and then this again."
    )


def _fits(rows: Sequence[ComputeRow]) -> str:
    parts = [_times(row.mode, int(row.fits)) for row in rows]
    parts[0] += " into the time there is"
    return "; ".join(parts)


def _times(mode: str, count: int) -> str:
    if count == 0:
        return f"`{mode}` doesn't fit"
    told = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"`{mode}` fits {told}"


def _recommend(rows: Sequence[ComputeRow], played: Sequence[LiveRow], clean: Collection[str]) -> str:
    """The shortest latency that has time to spare, and had nothing late when it was played.

    Args:
        rows: Paced.
        played: At the default head-room.
        clean: Modes that may be recommended: played with nothing late, or all where none was to be played.
    """
    spare = [row.mode for row in rows if row.fits >= ENOUGH]
    good = [(ALL_MODES[mode].window, mode) for mode in spare if mode in clean]
    heard = [row.mode for row in played]
    late = [mode for mode in ALL_MODES if mode in spare and mode not in clean and mode in heard]
    silent = [mode for mode in ALL_MODES if mode in spare and mode not in clean and mode not in heard]
    if not good:
        parts = [f"something was late in {_list(late)}"] if late else []
        parts += [f"{_list(silent)} could not be played"] if silent else []
        why = "; ".join(parts) or "no mode fits twice"
        return (
            f"{why[0].upper()}{why[1:]}: try a longer block (--block), another engine (rtiass engines measure), or a "
            "quieter machine (rtiass doctor)."
        )
    mode = min(good, key=lambda pair: pair[0])[1]
    blocks = [row.block for row in played if row.mode == mode and row.clean]
    shorter = [other for other in silent if ALL_MODES[other].window < ALL_MODES[mode].window]
    told = f" ({_list(late)} would fit, but something was late when it was played)" if late else ""
    told += f" ({_list(shorter)} would fit, but could not be played)" if shorter else ""
    # Without a device: a hop each callback, but no more latency than such a block is worth.
    block = min(blocks, default=min(LONGEST_BLOCK, ALL_MODES[mode].hop))
    return f"Recommended: `{mode}` at blocks of {block}{told}."


def _list(modes: Sequence[str]) -> str:
    names = [f"`{mode}`" for mode in modes]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
