"""Pictures of an evaluation: the spread of figures over windows and songs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from offline_train.evaluation.song import REFERENCE, WINDOWS, gate_row
from offline_train.fit.files import write_whole
from rtiass.stft import MODES

Boxes = list[tuple[str, list[list[float]]]]
"""Name of a row, and its values by stem."""


def sdr_boxes(songs: dict[str, dict[str, Any]], stems: Sequence[str]) -> Boxes:
    """SDR of all 1 s windows of all songs, by row and stem: modes, the mixture, and the ideal masks of ``live``."""
    wanted = [*MODES, "mixture", f"ibm {REFERENCE}", f"irm {REFERENCE}"]
    rows = [row for row in wanted if any(row in song for song in songs.values())]
    return [(row, [_windows(songs, row, stem, "sdr") for stem in stems]) for row in rows]


def gate_boxes(
    songs: dict[str, dict[str, Any]], stems: Sequence[str], gates: Sequence[str], shipped: str, figure: str
) -> Boxes:
    """A figure of all 1 s windows of all songs in ``live``, by gate and stem."""
    names = {gate: REFERENCE if gate == shipped else gate_row(REFERENCE, gate) for gate in gates}
    return [(gate, [_windows(songs, row, stem, figure) for stem in stems]) for gate, row in names.items()]


def _windows(songs: dict[str, dict[str, Any]], row: str, stem: str, figure: str) -> list[float]:
    values: list[float] = []
    for song in songs.values():
        found = song.get(row, {}).get(stem, {}).get(WINDOWS, {}).get(figure, ())
        values += [float(value) for value in found if np.isfinite(value)]
    return values


def draw(panels: Sequence[tuple[str, str, Boxes]], stems: Sequence[str], path: Path) -> None:
    """Draw box plots, a panel below another, whiskers from the 5th to the 95th percentile.

    Args:
        panels: Title, name of the vertical axis, and boxes of each; those without a value are left out.
        stems: Names along the horizontal axis.
        path: PNG file, written whole or not at all.
    """
    panels = [panel for panel in panels if any(found for _, values in panel[2] for found in values)]
    figure = Figure(figsize=(2.5 + 2.2 * len(stems), 1.0 + 3.6 * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    for index, (title, label, boxes) in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, index + 1)
        width = 0.8 / max(1, len(boxes))
        names = {}
        for turn, (name, values) in enumerate(boxes):
            there = [place for place, found in enumerate(values) if found]
            if not there:
                continue
            at = [place + (turn - (len(boxes) - 1) / 2) * width for place in there]
            drawn = axes.boxplot(
                [values[place] for place in there],
                positions=at,
                widths=0.85 * width,
                whis=(5, 95),
                showfliers=False,
                patch_artist=True,
                boxprops={"facecolor": f"C{turn % 10}", "linewidth": 0.6},
                medianprops={"color": "black"},
                manage_ticks=False,
            )
            names[name] = drawn["boxes"][0]
        axes.axhline(0.0, color="0.6", linewidth=0.6, zorder=0)
        axes.set(title=title, ylabel=label, xlim=(-0.5, len(stems) - 0.5))
        axes.set_xticks(range(len(stems)), stems)
        axes.legend(names.values(), names.keys(), loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=110))
