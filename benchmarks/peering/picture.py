"""Latency against compute, both on logarithmic scales. Needs matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

OURS = ("#1f4e79", "#3a9b8f", "#2f7fb8", "#7fb6dc")
PEER = "#c0504d"


def draw(rows: Sequence[dict[str, Any]], song_seconds: float, path: Path) -> None:
    """Draw the rows that were measured in one thread.

    Args:
        rows: Summaries.
        song_seconds: Where systems stand that need the whole song: its length.
        path: File to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.5), layout="constrained")
    axes = figure.add_subplot()
    measured = [row for row in rows if "1" in row["compute"]]
    models: dict[str, list[tuple[float, float]]] = {}
    peers: list[tuple[float, float, str]] = []
    for row in measured:
        whole = row["latency_ms"] is None
        x = song_seconds if whole else row["latency_ms"] / 1000
        y = row["compute"]["1"]["median_ms"] / 1000
        if row["ours"]:
            models.setdefault(row["family"], []).append((x, y))
            continue
        axes.plot(x, y, "o", color=PEER, markerfacecolor="white" if whole or not row["streams"] else PEER, markersize=8)
        peers.append((x, y, row["name"]))
    for x, y, name in peers:
        left = x > 1.0
        axes.annotate(
            name,
            (x, y),
            xytext=(-9 if left else 9, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va=beside(x, y, peers),
            fontsize=9,
        )
    for (name, points), colour in zip(models.items(), OURS * len(models), strict=False):
        points.sort()
        axes.plot(*zip(*points, strict=True), "s-", color=colour, label=f"rtiass {name}, every mode", markersize=6)
    axes.plot([], [], "o", color=PEER, label="peer, or the paper's network, that streams")
    axes.plot([], [], "o", color=PEER, markerfacecolor="white", label="peer that takes a piece or the whole song")
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle="--")
    axes.annotate("real time", (0.0, 1.0), xycoords=("axes fraction", "data"), xytext=(4, 4),
                  textcoords="offset points", fontsize=9)  # fmt: skip
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="algorithmic latency, seconds (whole song: its length)",
        ylabel="compute for a second of audio, seconds, one thread",
        title="Latency and compute in one run; speed, not quality",
    )
    axes.grid(which="major", alpha=0.3)
    axes.legend(loc="best", fontsize=9)
    figure.savefig(path, dpi=120)


def beside(x: float, y: float, peers: Sequence[tuple[float, float, str]]) -> str:
    """How the name of a point stands, so that it and the name of a point close by are not one upon the other."""
    near = [b for a, b, _ in peers if abs(math.log10(a / x)) < 0.5 and 0 < abs(math.log10(b / y)) < 0.06]
    return "center" if not near else "bottom" if y > max(near) else "top"
