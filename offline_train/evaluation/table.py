"""The report of an evaluation as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from offline_train.evaluation.song import COUNTS, KARAOKE, REFERENCE
from offline_train.evaluation.summary import value_of

SOUND = (
    ("SDR, dB: median over 1 s windows", "sdr"),
    ("museval SDR, dB", "museval_sdr"),
    ("museval SIR, dB", "museval_sir"),
    ("museval SAR, dB", "museval_sar"),
    ("museval ISR, dB", "museval_isr"),
    ("uSDR, dB: whole song", "usdr"),
    ("SI-SDR, dB: median over 1 s windows", "si_sdr"),
    ("SI-SDR, dB: whole song", "si_sdr_song"),
    ("PES, dB: energy put out where the stem is silent", "pes"),
    ("PES against the mixture's energy there, dB", "pes_mixture"),
    ("EPS, dB: energy missing where nothing is put out", "eps"),
)
ACTIVITY = (
    ("Activity AUC, 43 looks a second", "auc"),
    ("Activity AUC, seconds", "auc_1s"),
    ("Gate F1, 43 looks a second", "f1"),
    ("Gate F1, seconds", "f1_1s"),
    ("Gate wrongly open, share of looks", "false_open"),
)
VOICE = (
    ("vocals left, dB", "vocals_level"),
    ("vocals contained, dB", "vocals_projected"),
    ("rest left, dB", "rest_level"),
    ("SDR of the rest, dB", "rest_sdr"),
)
EACH = (("SDR", "sdr"), ("museval SDR", "museval_sdr"), ("uSDR", "usdr"), ("PES", "pes"))

HEAD = (
    "Medians over songs. In square brackets: 95 % bootstrap interval, over songs where there are two or more, else "
    "(marked w) over the windows of the one. In round brackets: the songs and seconds that a figure was taken over.\n"
)


def counted(count: dict[str, float]) -> str:
    """For example ``1 song, 60 s``."""
    songs = int(count["songs"])
    return f"{songs} song{'' if songs == 1 else 's'}, {count['seconds']:.0f} s"


def table(report: dict[str, Any]) -> str:
    """A report of :func:`offline_train.evaluate.evaluate`.

    For each kind of song: a grid for each figure (rows by stems), karaoke, what modes change, what gates change, and
    each song by itself; then goals and floors.
    """
    stems = report["stems"]
    text = [f"# {report['model']} {report['version']}, evaluated\n", HEAD]
    for kind, rows in report["summary"].items():
        songs = report["songs"][kind]
        ranges = report["intervals"].get(kind, {})
        text.append(f"## {kind} songs ({', '.join(songs)})\n")
        for title, figure in (*SOUND, *ACTIVITY):
            text += _figure(title, figure, rows, stems, ranges)
        text += _karaoke(rows, ranges)
        text += _modes(report["modes"].get(kind, {}), stems)
        text += _gates(report["gates"].get(kind, {}))
        each = [(name, song[REFERENCE]) for name, song in songs.items() if REFERENCE in song]
        if each:
            text.append(f"### {kind} songs one by one, {REFERENCE}\n")
            columns = [(f"{stem} {title}", stem, figure) for title, figure in EACH for stem in stems]
            columns += [(title, KARAOKE, figure) for title, figure in VOICE]
            used = [c for c in columns if any(value_of(parts, *c[1:]) is not None for _, parts in each)]
            text += grid([c[0] for c in used], ((n, [_plain(parts, *c[1:]) for c in used]) for n, parts in each))
    return "\n".join([*text, *_verdict(report["acceptance"])])


def grid(columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """Lines of a Markdown table: names of the columns, and of each row its name and its cells."""
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    return [*lines, *(f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows), ""]


def _figure(title: str, figure: str, rows: dict[str, Any], stems: Sequence[str], ranges: dict[str, Any]) -> list[str]:
    used = [(row, parts) for row, parts in rows.items() if any(value_of(parts, s, figure) is not None for s in stems)]
    if not used:
        return []
    cells = ((row, [cell(parts, stem, figure, ranges.get(row, {})) for stem in stems]) for row, parts in used)
    return [f"### {title}\n", *grid(stems, cells)]


def _karaoke(rows: dict[str, Any], ranges: dict[str, Any]) -> list[str]:
    used = [(row, parts) for row, parts in rows.items() if KARAOKE in parts]
    if not used:
        return []
    cells = ((row, [cell(parts, KARAOKE, f, ranges.get(row, {})) for _, f in VOICE]) for row, parts in used)
    return ["### Vocals' fader at zero\n", *grid([title for title, _ in VOICE], cells)]


def _modes(differences: dict[str, dict[str, float]], stems: Sequence[str]) -> list[str]:
    if not differences:
        return []
    rows = []
    for mode, found in differences.items():
        cells = [f"{found[stem]:+.3f}" if stem in found else "" for stem in stems]
        rows.append((mode, [*cells, f"{sum(found.values()) / len(found):+.3f}"]))
    return [f"### Modes: SDR against {REFERENCE}, dB\n", *grid([*stems, "mean"], rows)]


def gates_table(effects: dict[str, Any]) -> list[str]:
    """Lines of a table of what gates do, from :func:`offline_train.evaluation.summary.gate_effects`."""
    columns = (("SDR, dB", "sdr"), ("SIR, dB", "sir"), ("PES, dB", "pes"), ("F1", "f1"), ("wrongly open", "false_open"))
    rows = []
    for stem, gates in effects.items():
        for gate, found in gates.items():
            rows.append((f"{stem}, {gate}", [_effect(found, figure) for _, figure in columns]))
    note = "SIR over the windows in which it is defined for every gate. In brackets: interval, songs.\n"
    return [note, *grid([title for title, _ in columns], rows)]


def _effect(found: dict[str, Any], figure: str) -> str:
    if found[figure] is None:
        return ""
    between = found["intervals"].get(figure)
    text = f" [{between[0]:.3f}, {between[1]:.3f}]" if between else ""
    return f"{found[figure]:.3f}{text} ({found[COUNTS][figure]})"


def _gates(effects: dict[str, Any]) -> list[str]:
    return [f"### Gates in {REFERENCE}\n", *gates_table(effects)] if effects else []


def _plain(parts: dict[str, Any], part: str, figure: str) -> str:
    value = value_of(parts, part, figure)
    return "" if value is None else f"{value:.2f}"


def cell(parts: dict[str, Any], part: str, figure: str, ranges: dict[str, Any]) -> str:
    """A figure of a row with its interval, songs and seconds; empty if there is none."""
    text = _plain(parts, part, figure)
    if not text:
        return ""
    between = ranges.get(part, {}).get(figure)
    if between is not None:
        mark = " w" if between["over"] == "windows" else ""
        text += f" [{between['low']:.2f}, {between['high']:.2f}{mark}]"
    return f"{text} ({counted(parts[part][COUNTS][figure])})"


def _verdict(accepted: dict[str, Any]) -> list[str]:
    lines = []
    for title, key, holds in (("Goals", "checks", "holds"), ("Floors", "floors", "floors_hold")):
        cells = []
        for check in accepted[key]:
            measured = f"{check['measured']:.3f}" if "measured" in check else "not measured"
            cells.append((check["what"], [measured, check["wanted"], "yes" if check["met"] else "no"]))
        lines += [f"## {title}, recorded songs\n", *grid(["measured", "wanted", "met"], cells)]
        lines += [f"All met: {'yes' if accepted[holds] else 'no'}.", ""]
    return lines
