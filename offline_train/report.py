"""What an evaluation amounts to: medians over songs, what the short modes cost, and whether the model is good enough.

Nothing is rounded before it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from offline_train.pool import STEMS

REFERENCE = "live"
SHORT_MODES = ("tight", "ultra", "instant")
COUNTS = "n"
"""Beside the figures of a part: of each, over how many songs and seconds it was taken."""

VOCALS_SDR = 2.0
MODE_LOSS = 0.5
VOCALS_LOWERED = 8.0
REST_LOSS = 2.0


def summarise(songs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Medians over songs of every figure: row, stem (or ``karaoke``), figure.

    Args:
        songs: By song, row and part the figures, and in ``n`` the seconds that each figure was taken over.

    Returns:
        By row and part the median of each figure over the songs that have it (NaN is left out; None without any), and
        in ``n`` by figure ``songs`` and ``seconds``.
    """
    collected: dict[str, dict[str, dict[str, list[tuple[float, float]]]]] = {}
    for rows in songs.values():
        for row, parts in rows.items():
            for part, figures in parts.items():
                seconds = figures.get(COUNTS, {})
                place = collected.setdefault(row, {}).setdefault(part, {})
                for figure, value in figures.items():
                    if figure != COUNTS:
                        place.setdefault(figure, []).append((value, seconds.get(figure, 0.0)))
    return {row: {part: _medians(f) for part, f in parts.items()} for row, parts in collected.items()}


def _medians(figures: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    counts: dict[str, dict[str, float]] = {}
    for figure, values in figures.items():
        known = [(v, s) for v, s in values if not np.isnan(v)]
        out[figure] = float(np.median([v for v, _ in known])) if known else None
        if known:
            counts[figure] = {"songs": len(known), "seconds": round(sum(s for _, s in known), 1)}
    return {**out, COUNTS: counts}


def mode_losses(rows: dict[str, Any]) -> dict[str, float]:
    """How much lower the SDR of each other mode is than that of ``live``, in dB, mean over stems; negative: higher."""
    base = rows.get(REFERENCE, {})
    out = {}
    for mode in ("studio", *SHORT_MODES):
        pairs = [(_value(base, stem, "sdr"), _value(rows.get(mode, {}), stem, "sdr")) for stem in STEMS]
        losses = [b - v for b, v in pairs if b is not None and v is not None]
        if losses:
            out[mode] = float(np.mean(losses))
    return out


def acceptance(summary: dict[str, Any]) -> dict[str, Any]:
    """Whether the figures of recorded songs reach what a shipped model must.

    Args:
        summary: By kind of song what :func:`summarise` returns.

    Returns:
        ``checks``: a list of ``what``, ``measured`` (None: not measured), ``wanted`` and ``met``; ``holds``: whether
        all of them are met.
    """
    rows = summary.get("recorded", {})
    live = rows.get(REFERENCE, {})
    checks = []

    def check(what: str, measured: float | None, wanted: str, limit: float, *, below: bool = False) -> None:
        met = measured is not None and (measured < limit if below else measured >= limit)
        checks.append({"what": what, "measured": measured, "wanted": wanted, "met": met})

    for stem in STEMS:
        check(f"SDR of {stem} in live, dB", _value(live, stem, "sdr"), "> 0", float(np.nextafter(0, 1)))
    check("SDR of vocals in live, dB", _value(live, "vocals", "sdr"), f">= {VOCALS_SDR:g}", VOCALS_SDR)
    losses = mode_losses(rows)
    for mode in SHORT_MODES:
        what = f"loss of {mode} against live, mean over stems, dB"
        check(what, losses.get(mode), f"< {MODE_LOSS:g}", MODE_LOSS, below=True)
    lowered, lost = (_value(live, "karaoke", figure) for figure in ("vocals_level", "rest_level"))
    what = "karaoke in live: vocals lowered by, dB"
    check(what, None if lowered is None else -lowered, f">= {VOCALS_LOWERED:g}", VOCALS_LOWERED)
    what = "karaoke in live: rest loses, dB"
    check(what, None if lost is None else -lost, f"< {REST_LOSS:g}", REST_LOSS, below=True)
    return {"holds": all(c["met"] for c in checks), "checks": checks}


def _value(parts: dict[str, Any], part: str, figure: str) -> float | None:
    value: float | None = parts.get(part, {}).get(figure)
    return value


def counted(count: dict[str, float]) -> str:
    """For example ``1 song, 60 s``."""
    songs = int(count["songs"])
    return f"{songs} song{'' if songs == 1 else 's'}, {count['seconds']:.0f} s"


SDR_COLUMNS = [(f"{stem} SDR", stem, "sdr") for stem in STEMS]
KARAOKE_COLUMNS = [("karaoke: vocals", "karaoke", "vocals_level"), ("karaoke: rest", "karaoke", "rest_level")]
SILENT_COLUMNS = [(f"{stem} silent PES", stem, "pes") for stem in STEMS]
ACTIVITY_COLUMNS = [
    *((f"{stem} wrongly open", stem, "false_open") for stem in STEMS[:-1]),
    ("vocals AUC", "vocals", "auc"),
    ("vocals F1", "vocals", "f1"),
]


def table(report: dict[str, Any]) -> str:
    """The report as Markdown: for each kind of song its figures, what modes cost, and ``live`` song by song."""
    text = ["Medians over songs; in brackets the songs and seconds that a figure was taken over.\n"]
    for kind, rows in report["summary"].items():
        songs = report["songs"][kind]
        text.append(f"### {kind} songs ({', '.join(songs)})\n")
        text += _grid([*SDR_COLUMNS, *KARAOKE_COLUMNS], rows.items(), counts=True)
        losses = report["losses"].get(kind, {})
        if losses:
            told = ", ".join(f"{mode} {-loss:+.3f}" for mode, loss in losses.items())
            text.append(f"SDR against live, mean over stems, in dB: {told}.\n")
        streamed = [(row, parts) for row, parts in rows.items() if "karaoke" in parts or _value(parts, "vocals", "auc")]
        text += _grid([*SILENT_COLUMNS, *ACTIVITY_COLUMNS], streamed, counts=True)
        each = [(name, song[REFERENCE]) for name, song in songs.items() if REFERENCE in song]
        if each:
            text.append(f"{kind} songs one by one, {REFERENCE}:\n")
            text += _grid([*SDR_COLUMNS, *SILENT_COLUMNS, *KARAOKE_COLUMNS], each)
    return "\n".join([*text, *_verdict(report["acceptance"])])


def _grid(columns: list[tuple[str, str, str]], rows: Iterable[tuple[str, Any]], *, counts: bool = False) -> list[str]:
    lines = ["| | " + " | ".join(title for title, _, _ in columns) + " |", "|---|" + "---|" * len(columns)]
    for name, parts in rows:
        cells = [_cell(parts, part, figure, counts) for _, part, figure in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _cell(parts: dict[str, Any], part: str, figure: str, counts: bool) -> str:
    value = _value(parts, part, figure)
    if value is None or np.isnan(value):
        return ""
    return f"{value:.2f} ({counted(parts[part][COUNTS][figure])})" if counts else f"{value:.2f}"


def _verdict(accepted: dict[str, Any]) -> list[str]:
    lines = ["### Acceptance, recorded songs\n", "| | measured | wanted | met |", "|---|---|---|---|"]
    for check in accepted["checks"]:
        measured = "not measured" if check["measured"] is None else f"{check['measured']:.3f}"
        lines.append(f"| {check['what']} | {measured} | {check['wanted']} | {'yes' if check['met'] else 'no'} |")
    return [*lines, "", f"All met: {'yes' if accepted['holds'] else 'no'}.", ""]
