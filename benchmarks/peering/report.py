"""What the runs say: a summary of each row, as a Markdown table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from .rounds import Measured

HEAD = (
    "system",
    "weights",
    "streams",
    "latency",
    "1 thread: ms a second of audio, median (min)",
    "times the yardstick",
    "2 threads",
    "memory, MB (without importing)",
    "parameters",
)
NOTHING = "–"


def pace(run: dict[str, Any]) -> float:
    """Milliseconds of compute for a second of audio."""
    return 1000 * run["seconds"] / run["audio_seconds"]


def summary(entry: Measured, yardstick: Measured | None) -> dict[str, Any]:
    """Medians of a row over its rounds.

    Args:
        entry: The row.
        yardstick: The row it is compared with, round by round, in one thread; None: with none.

    Returns:
        For JSON: the facts of the row, ``compute`` and ``errors`` by number of threads, ``times_yardstick``, the runs.
    """
    row, runs = entry.row, entry.runs
    told: dict[str, Any] = {
        "name": row.name,
        "ours": row.ours,
        "family": row.family,
        "environment": row.environment.name if row.environment else None,
        "errors": {str(threads): why for threads, why in entry.errors.items()},
    }
    facts = ("latency_ms", "latency_known", "streams", "weights", "parameters", "audio_seconds")
    told |= {fact: runs[0].get(fact) if runs else None for fact in facts}
    told["compute"] = {}
    for threads in sorted({run["threads"] for run in runs}):
        paces = [pace(run) for run in runs if run["threads"] == threads]
        told["compute"][str(threads)] = {"median_ms": median(paces), "min_ms": min(paces), "rounds": len(paces)}
    single = [run for run in runs if run["threads"] == 1] or runs
    told["peak_mb"] = median(run["peak_mb"] for run in single) if runs else None
    net = [run["net_mb"] for run in single if run.get("net_mb") is not None]
    told["net_mb"] = median(net) if net else None
    by_round = {run["round"]: pace(run) for run in yardstick.runs if run["threads"] == 1} if yardstick else {}
    ratios = [pace(run) / by_round[run["round"]] for run in runs if run["threads"] == 1 and run["round"] in by_round]
    told["times_yardstick"] = median(ratios) if ratios else None
    told["runs"] = runs
    return told


def _latency(row: dict[str, Any]) -> str:
    if row["latency_ms"] is None:
        return "whole song"
    return f"{row['latency_ms']:.1f} ms" if row["latency_ms"] < 1000 else f"{row['latency_ms'] / 1000:.1f} s"


def _compute(row: dict[str, Any], threads: str) -> str:
    found = row["compute"].get(threads)
    return f"{found['median_ms']:,.0f} ({found['min_ms']:,.0f})" if found else NOTHING


def _memory(row: dict[str, Any]) -> str:
    net = "" if row["net_mb"] is None else f" ({row['net_mb']:,.0f})"
    return f"{row['peak_mb']:,.0f}{net}"


def _millions(count: int | None) -> str:
    return NOTHING if count is None else f"{count / 1e6:.2f} M"


def _errors(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Why figures are missing, each behind the threads it is about; once, where nothing of the row could be run."""
    if not row["runs"] and len(set(row["errors"].values())) == 1:
        return [("", why) for why in row["errors"].values()][:1]
    return [(f", {threads} thread{'s' if threads != '1' else ''}", why) for threads, why in row["errors"].items()]


def table(rows: Sequence[dict[str, Any]], yardstick: str) -> str:
    """Markdown: the table, and below it how each latency is known, how much each heard, and why rows are missing."""
    head = [title.replace("the yardstick", yardstick) for title in HEAD]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        if not row["runs"]:
            lines.append(f"| {row['name']} | {' | '.join([NOTHING] * (len(head) - 1))} |")
            continue
        times = row["times_yardstick"]
        cells = [
            row["name"],
            row["weights"],
            "yes" if row["streams"] else "no",
            _latency(row),
            _compute(row, "1"),
            NOTHING if times is None else f"{times:,.2f}" if times < 10 else f"{times:,.0f}",
            _compute(row, "2"),
            _memory(row),
            _millions(row["parameters"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    lines += [f"- {row['name']}{which}: {why.rstrip('.')}." for row in rows for which, why in _errors(row)]
    lines += [
        f"- {row['name']}: heard {row['audio_seconds']:.1f} s; latency ({row['latency_known']})."
        for row in rows
        if row["runs"] and not row["ours"]
    ]
    return "\n".join(lines)
