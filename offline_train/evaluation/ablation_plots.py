"""Pictures of an ablation: SDR by latency and by mask period, and what gates do to SIR and to the energy in pauses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, NullFormatter

from offline_train.evaluation.oracle import RATIO
from offline_train.evaluation.summary import value_of
from offline_train.evaluation.timing import Timing
from offline_train.fit.files import write_whole
from rtiass.stft import ALL_MODES

MARKERS = {"off": "o", "fast": "s", "strict": "^", "causal": "v", "oracle": "*"}

Report = dict[str, Any]


def draw_quality(
    reports: Sequence[Report], kind: str, timings: Sequence[Timing], peers: Sequence[str], path: Path
) -> None:
    """Draw one kind of song, a line of three panels for each model.

    Args:
        reports: Of one model each.
        kind: ``recorded`` or ``rendered``.
        timings: Modes with other periods or delays that were measured.
        peers: Names of other systems, drawn as levels.
        path: PNG file, written whole or not at all.
    """
    reports = [report for report in reports if kind in report["songs"]]
    figure = Figure(figsize=(16, 0.5 + 4.2 * len(reports)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(f"{kind} songs, medians")
    panels = figure.subplots(len(reports), 3, squeeze=False)
    for report, (modes, periods, gates) in zip(reports, panels, strict=True):
        rows = report["summary"][kind]
        count = len(report["songs"][kind])
        title = f"{report['model']}, {count} song{'' if count == 1 else 's'}"
        _modes(modes, rows, report["stems"], peers, title)
        _periods(periods, rows, report["stems"], timings, title)
        _gates(gates, report["gates"].get(kind, {}), title)
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=100))


def _modes(axes: Axes, rows: dict[str, Any], stems: Sequence[str], peers: Sequence[str], title: str) -> None:
    names = [mode for mode in ALL_MODES if mode in rows]
    at = [ALL_MODES[name].milliseconds for name in names]
    for turn, stem in enumerate(stems):
        _line(axes, rows, names, at, stem, f"C{turn}", stem)
        for peer in peers:
            value = value_of(rows.get(peer, {}), stem, "sdr")
            if value is not None:
                axes.axhline(value, color=f"C{turn}", linestyle=":", linewidth=1)
    dotted = ", other systems dotted" if peers else ""
    _finish(axes, at, "latency of the mode, ms", "SDR, dB", f"{title}: modes{dotted}")


def _periods(axes: Axes, rows: dict[str, Any], stems: Sequence[str], timings: Sequence[Timing], title: str) -> None:
    """Mean over the stems, for each mode with several periods; dashed the same of ideal ratio masks."""
    held = [timing for timing in timings if not timing.delay and timing.row in rows]
    if not held:
        axes.set_axis_off()
        return
    for turn, mode in enumerate(dict.fromkeys(timing.mode for timing in held)):
        own = [Timing(mode), *(timing for timing in held if timing.mode == mode)]
        ends = [timing.clock.period for timing in own]
        for prefix, style in (("", "-"), (f"{RATIO} ", "--")):
            values = [_mean(rows.get(f"{prefix}{timing.row}", {}), stems) for timing in own]
            axes.plot(ends, values, f"o{style}", color=f"C{turn}", label=f"{prefix}{mode}", markersize=4)
    at = [timing.clock.period for timing in held] + [ALL_MODES[timing.mode].period for timing in held]
    _finish(axes, at, "mask period, samples", "SDR, dB, mean of stems", f"{title}: mask periods")


def _gates(axes: Axes, effects: dict[str, Any], title: str) -> None:
    for turn, (stem, gates) in enumerate(effects.items()):
        for gate, found in gates.items():
            if found["pes"] is not None and found["sir"] is not None:
                axes.plot(found["pes"], found["sir"], MARKERS[gate], color=f"C{turn}", markersize=8)
        axes.plot([], [], "o", color=f"C{turn}", label=stem)
    for gate, marker in MARKERS.items():
        axes.plot([], [], marker, color="0.4", label=gate)
    axes.set(xlabel="PES, dB: lower is quieter pauses", ylabel="SIR, dB", title=f"{title}: gates")
    axes.legend(fontsize="small", ncols=2)


def _line(
    axes: Axes, rows: dict[str, Any], names: Sequence[str], at: Sequence[float], stem: str, colour: str, label: str
) -> None:
    for prefix, style, name in (("", "-", label), (f"{RATIO} ", "--", "_")):
        values = [value_of(rows.get(f"{prefix}{n}", {}), stem, "sdr") for n in names]
        known = [np.nan if value is None else value for value in values]
        axes.plot(at, known, f"o{style}", color=colour, label=name, markersize=4)


def _mean(parts: dict[str, Any], stems: Sequence[str]) -> float:
    values = [value for stem in stems if (value := value_of(parts, stem, "sdr")) is not None]
    return float(np.mean(values)) if values else float("nan")


def _finish(axes: Axes, at: Sequence[float], across: str, up: str, title: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted(set(at)))
    axes.xaxis.set_major_formatter(FormatStrFormatter("%.4g"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel=across, ylabel=up, title=f"{title}; dashed: ideal ratio masks")
    axes.axhline(0.0, color="0.6", linewidth=0.6, zorder=0)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize="small")
