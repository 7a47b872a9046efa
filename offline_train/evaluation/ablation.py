"""Several models on the same songs: modes, mask periods and delays, gates, and other systems, as tables and pictures.

Recorded and rendered songs never share a table or a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from offline_train.evaluation.oracle import RATIO
from offline_train.evaluation.song import REFERENCE, Plan
from offline_train.evaluation.summary import change, value_of
from offline_train.evaluation.table import HEAD, cell, gates_table, grid
from offline_train.evaluation.timing import Timing
from offline_train.fit.files import write_text
from rtiass.stft import ALL_MODES

Report = dict[str, Any]
"""As :func:`offline_train.evaluate.evaluate` returns it."""

KINDS = ("recorded", "rendered")
CHANGES = (
    "In square brackets: 95 % bootstrap interval of the median of the songs' changes; of a single song (marked w) over "
    "its windows. In round brackets: songs.\n"
)


def quality_table(reports: Sequence[Report], timings: Sequence[Timing], peers: Sequence[str]) -> str:
    """Markdown of all reports, by kind of song and model.

    Args:
        reports: Of one model each, on the same songs.
        timings: Modes with other periods or delays that were measured.
        peers: Names of other systems.
    """
    lines = ["# Quality\n", HEAD]
    for kind in KINDS:
        for report in reports:
            if kind in report["songs"]:
                lines += _model(report, kind, timings, peers)
    return "\n".join(lines)


def _model(report: Report, kind: str, timings: Sequence[Timing], peers: Sequence[str]) -> Iterator[str]:
    songs, rows = report["songs"][kind], report["summary"][kind]
    length = report["seconds"] if isinstance(report["seconds"], str) else f"{report['seconds']:g} s of each"
    yield f"## {kind.capitalize()} songs, {report['model']} {report['version']}".rstrip() + "\n"
    yield f"{len(songs)} song{'' if len(songs) == 1 else 's'}, {length}: {', '.join(songs)}.\n"
    modes = [mode for mode in ALL_MODES if mode in rows]
    named = [*modes, *peers, "mixture", *(f"{RATIO} {mode}" for mode in modes)]
    yield from _figures("Modes", named, report, kind, ("sdr", "museval_sdr", "pes"))
    late = [timing for timing in timings if timing.row in rows and not timing.plain]
    for title, chosen in (
        ("Mask periods", [timing for timing in late if not timing.delay]),
        ("Mask delays", [timing for timing in late if timing.delay]),
    ):
        if chosen:
            own = dict.fromkeys(timing.mode for timing in chosen)
            named = [*own, *(timing.row for timing in chosen)]
            yield from _figures(title, named, report, kind, ("sdr", "pes"))
            yield from _changes(title, chosen, report, kind)
    if report["gates"].get(kind):
        yield f"### Gates in {REFERENCE}\n"
        yield from gates_table(report["gates"][kind])


TITLES = {"sdr": "SDR, dB", "museval_sdr": "museval SDR, dB", "pes": "PES, dB"}


def _figures(title: str, named: Sequence[str], report: Report, kind: str, figures: Sequence[str]) -> Iterator[str]:
    rows, ranges = report["summary"][kind], report["intervals"].get(kind, {})
    for figure in figures:
        stems = [s for s in report["stems"] if any(value_of(rows.get(n, {}), s, figure) is not None for n in named)]
        if stems:
            yield f"### {title}: {TITLES[figure]}\n"
            there = [n for n in named if any(value_of(rows.get(n, {}), s, figure) is not None for s in stems)]
            yield from grid(stems, ((n, [cell(rows[n], s, figure, ranges.get(n, {})) for s in stems]) for n in there))


def _changes(title: str, timings: Sequence[Timing], report: Report, kind: str) -> Iterator[str]:
    songs, stems = report["songs"][kind], report["stems"]
    pairs = [(timing.row, timing.mode) for timing in timings]
    pairs += [(f"{RATIO} {timing.row}", f"{RATIO} {timing.mode}") for timing in timings]
    rows = [(row, [_change(change(songs, row, base, stem, "sdr")) for stem in stems]) for row, base in pairs]
    yield f"### {title}: change of SDR against the mode's own masks, dB\n"
    yield CHANGES
    yield from grid(stems, [(name, cells) for name, cells in rows if any(cells)])


def _change(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    mark = " w" if found.get("over") == "windows" else ""
    between = f" [{found['low']:+.2f}, {found['high']:+.2f}{mark}]" if "low" in found else ""
    return f"{found['change']:+.2f}{between} ({found['songs']})"


def write_quality(reports: Sequence[Report], plan: Plan, peers: Sequence[str], out: Path) -> list[Path]:
    """Write ``table.md``, ``figures.json`` and a picture for each kind of song, each file whole or not at all.

    Args:
        reports: Of one model each.
        plan: What was measured.
        peers: Names of other systems.
        out: Folder.

    Returns:
        The files.

    Raises:
        UserError: A file cannot be written.
    """
    from offline_train.evaluate import as_json
    from offline_train.evaluation.ablation_plots import draw_quality

    files = [
        write_text(out / "table.md", quality_table(reports, plan.timings, peers)),
        write_text(out / "figures.json", as_json({"peers": list(peers), "models": list(reports)})),
    ]
    for kind in KINDS:
        if any(kind in report["songs"] for report in reports):
            files.append(out / f"{kind}.png")
            draw_quality(reports, kind, plan.timings, peers, files[-1])
    return files
