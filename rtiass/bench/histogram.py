"""A picture of all network steps against the time there is, a panel for each mode. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from rtiass.errors import UserError
from rtiass.plot import require_matplotlib
from rtiass.stft import MODES, RATE

WIDTH, PANEL, DPI = 10.0, 2.2, 100
MARGIN = 0.9
BINS = 160


def draw(steps: Mapping[str, Mapping[str, Sequence[float]]], path: Path, title: str) -> None:
    """Draw histograms.

    Args:
        steps: By mode, and by what ran (model, engine, threads), the seconds of each network step.
        path: PNG to write.
        title: Heading.

    Raises:
        UserError: matplotlib is not installed, or the file can't be written.
    """
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    modes = [mode for mode in MODES if steps.get(mode)]
    figure = Figure(figsize=(WIDTH, MARGIN + PANEL * len(modes)), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(modes), 1, sharex=True, squeeze=False)[:, 0]
    everything = [1000.0 * np.asarray(times) for mode in modes for times in steps[mode].values()]
    longest = max(1000.0 * MODES[mode].period / RATE for mode in modes)
    # A logarithmic axis: half a millisecond and a stall of fifty are both to be seen.
    low, high = min(values.min() for values in everything), max(longest, *(values.max() for values in everything))
    edges = np.geomspace(max(low, 1e-3) / 1.2, high * 1.2, BINS)
    labels = list(dict.fromkeys(label for mode in modes for label in steps[mode]))
    for axes, mode in zip(panels, modes, strict=True):
        there_is = 1000.0 * MODES[mode].period / RATE
        for label, times in steps[mode].items():
            colour = f"C{labels.index(label) % 10}"
            style = "-" if labels.index(label) < 10 else "--"
            # Lines, not areas: those of a dozen engines have to be told apart.
            axes.hist(
                1000.0 * np.asarray(times), bins=edges, histtype="step", log=True, color=colour, linestyle=style,
                linewidth=1.1, label=label,
            )  # fmt: skip
        axes.axvline(there_is, color="black", linestyle="--", linewidth=1)
        axes.annotate(
            f"{there_is:.1f} ms there is", (there_is, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -3),
            textcoords="offset points", ha="left", va="top", fontsize=8,
        )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(bottom=0.7)
        axes.set_title(mode, loc="left", fontsize=10, fontweight="bold", pad=3)
        axes.set_ylabel("steps", fontsize=8)
        axes.tick_params(which="both", labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].xaxis.set_major_formatter(lambda value, place: f"{value:g}")
    panels[-1].xaxis.set_minor_formatter(lambda value, place: f"{value:g}" if f"{value:.0e}"[0] in "25" else "")
    panels[-1].set_xlabel("network step, milliseconds")
    figure.suptitle(title, fontsize=11, parse_math=False)
    handles = {text: handle for axes in panels for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        raise UserError(f"Can't write {path}: {error.strerror or error}.") from error
