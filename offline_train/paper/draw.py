"""Pictures: spectrograms with activity below, and bars by instrument."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from offline_train.fit.files import write_whole

LETTERS = 11
"""Small letters that stand in an inch."""


def panels(
    levels: Mapping[str, tuple[str, NDArray[np.float32]]],
    curves: Mapping[str, NDArray[np.float64]],
    seconds: NDArray[np.float64],
    path: Path,
    note: str = "",
) -> Path:
    """Draw spectrograms of up to 8 kHz, one below another, and curves over time below them.

    Args:
        levels: By letter a title and levels in dB, shape (bins, frames).
        curves: By name values in 0..1, shape (frames,).
        seconds: Times of the frames.
        path: PNG file, written whole or not at all.
        note: Above everything.
    """
    figure = Figure(figsize=(9, 2.0 * (len(levels) + 1)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(levels) + 1, 1, sharex=True)
    top = max(float(values.max()) for _, values in levels.values())
    for place, (letter, (title, values)) in zip(axes, levels.items(), strict=False):
        extent = (float(seconds[0]), float(seconds[-1]), 0.0, 8.0)
        place.imshow(values, origin="lower", aspect="auto", extent=extent, vmin=top - 80, vmax=top, cmap="magma")
        place.set_title(f"({letter}) {title}", fontsize="small")
        place.set_ylabel("kHz")
    for name, curve in curves.items():
        axes[-1].step(seconds, curve, where="mid", label=name, linewidth=1.0)
    axes[-1].set(xlabel="seconds", ylabel="activity", ylim=(-0.05, 1.05))
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize="small")
    head(figure, note)
    return write_whole(path, lambda part: figure.savefig(part, format="png", dpi=110))


def head(figure: Figure, note: str) -> Text:
    """Put a note above everything, in as many lines as it needs."""
    return figure.suptitle(textwrap.fill(note, int(LETTERS * figure.get_figwidth())), fontsize="small")


def bars(values: Mapping[str, Mapping[str, float]], title: str, unit: str, path: Path, note: str = "") -> Path:
    """Draw a group of bars for each instrument.

    Args:
        values: By series and instrument; NaN leaves a gap.
        title: Above the bars.
        unit: Of the vertical axis.
        path: PNG file, written whole or not at all.
        note: Above everything.
    """
    instruments = list(next(iter(values.values())))
    figure = Figure(figsize=(2.5 + 1.3 * len(instruments), 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    width = 0.8 / len(values)
    for turn, (name, row) in enumerate(values.items()):
        at = np.arange(len(instruments)) + (turn - (len(values) - 1) / 2) * width
        drawn = axes.bar(at, [row[instrument] for instrument in instruments], 0.9 * width, label=name)
        # With its number a bar of no height is told from a value that is not defined.
        axes.bar_label(drawn, fmt="%.2f", fontsize="x-small", padding=1)
    axes.set(title=title, ylabel=unit)
    axes.margins(y=0.1)
    axes.axhline(0.0, color="0.5", linewidth=0.6)
    axes.set_xticks(range(len(instruments)), [name.replace("_", " ") for name in instruments], fontsize="small")
    figure.legend(loc="outside lower center", ncols=len(values), fontsize="small")
    head(figure, note)
    return write_whole(path, lambda part: figure.savefig(part, format="png", dpi=110))
