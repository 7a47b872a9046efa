"""What the figures of songs amount to: medians, how far they can be trusted, and differences between rows.

Nothing is rounded before it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation.song import COUNTS, KARAOKE, REFERENCE, WINDOWS, gate_row

SHORT_MODES = ("tight", "ultra", "instant")
MEANS = ("pes", "eps")
"""Figures that are means over windows; all others from windows are medians."""
RESAMPLES = 2000
LEVEL = 0.95


def summarise(songs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Medians over songs of every figure: row, part, figure.

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
                for figure, value in _figures(figures):
                    place.setdefault(figure, []).append((value, seconds.get(figure, 0.0)))
    return {row: {part: _medians(f) for part, f in parts.items()} for row, parts in collected.items()}


def _figures(part: dict[str, Any]) -> Iterable[tuple[str, float]]:
    return ((figure, value) for figure, value in part.items() if figure not in (COUNTS, WINDOWS))


def _medians(figures: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    counts: dict[str, dict[str, float]] = {}
    for figure, values in figures.items():
        known = [(v, s) for v, s in values if not np.isnan(v)]
        out[figure] = float(np.median([v for v, _ in known])) if known else None
        if known:
            counts[figure] = {"songs": len(known), "seconds": round(sum(s for _, s in known), 1)}
    return {**out, COUNTS: counts}


def bootstrap(values: NDArray[np.float64], seed: int = 0, *, mean: bool = False) -> tuple[float, float]:
    """Percentile bootstrap interval, 95 %, of the median (or the mean) of values.

    Source: B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3.

    Args:
        values: Shape (n,), at least one, finite.
        seed: Of the resamples.
        mean: Of the mean instead.

    Returns:
        Lower and upper end.
    """
    rng = np.random.default_rng(seed)
    drawn = values[rng.integers(0, len(values), (RESAMPLES, len(values)))]
    found = drawn.mean(axis=1) if mean else np.median(drawn, axis=1)
    # Figures of perfect estimates are infinite, and between two of them is no number.
    with np.errstate(invalid="ignore"):
        low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def intervals(songs: dict[str, dict[str, Any]], seed: int = 0) -> dict[str, Any]:
    """Bootstrap intervals of the medians of :func:`summarise`.

    Two songs or more are resampled as wholes. Where only one has a figure, its windows are resampled: that tells how
    sure the figure is for this song, not for others. A single song's figure without windows has none.

    Args:
        songs: As in :func:`summarise`, with ``windows``.
        seed: Of the resamples.

    Returns:
        By row, part and figure ``low``, ``high`` and ``over`` (``songs`` or ``windows``).
    """
    values: dict[tuple[str, str, str], list[float]] = {}
    windows: dict[tuple[str, str, str], NDArray[np.float64]] = {}
    for rows in songs.values():
        for row, parts in rows.items():
            for part, figures in parts.items():
                for figure, value in _figures(figures):
                    if not np.isnan(value):
                        key = (row, part, figure)
                        values.setdefault(key, []).append(value)
                        windows[key] = np.asarray(figures.get(WINDOWS, {}).get(figure, ()), dtype=np.float64)
    out: dict[str, Any] = {}
    for (row, part, figure), found in values.items():
        inner = windows[row, part, figure]
        inner = inner[np.isfinite(inner)]
        over_songs = len(found) > 1
        if over_songs or len(inner) > 1:
            low, high = bootstrap(
                np.array(found) if over_songs else inner, seed, mean=not over_songs and figure in MEANS
            )
            entry = {"low": low, "high": high, "over": "songs" if over_songs else "windows"}
            out.setdefault(row, {}).setdefault(part, {})[figure] = entry
    return out


def change(songs: dict[str, dict[str, Any]], row: str, base: str, part: str, figure: str) -> dict[str, Any] | None:
    """What a row changes against another one, song by song: the median over the songs that have the figure in both.

    Args:
        songs: As in :func:`summarise`, with ``windows``.
        row: The row.
        base: The row that it is compared with.
        part: Stem.
        figure: A figure from windows.

    Returns:
        ``change``; ``low``, ``high`` and ``over`` as in :func:`intervals`, one song's windows resampled alike in both
        rows; ``songs``. None if no song has the figure in both rows.
    """
    pairs = [(rows.get(row, {}).get(part, {}), rows.get(base, {}).get(part, {})) for rows in songs.values()]
    pairs = [p for p in pairs if not any(np.isnan(side.get(figure, np.nan)) for side in p)]
    if not pairs:
        return None
    changes = np.array([its[figure] - ours[figure] for its, ours in pairs])
    out: dict[str, Any] = {"change": float(np.median(changes)), "songs": len(changes)}
    if len(changes) > 1:
        low, high = bootstrap(changes)
        return {**out, "low": low, "high": high, "over": "songs"}
    sides = [np.asarray(side[WINDOWS][figure], dtype=np.float64) for side in pairs[0]]
    both = np.isfinite(sides[0]) & np.isfinite(sides[1])
    if both.sum() > 1:
        drawn = np.random.default_rng(0).integers(0, both.sum(), (RESAMPLES, both.sum()))
        middle = np.mean if figure in MEANS else np.median
        found = middle(sides[0][both][drawn], axis=1) - middle(sides[1][both][drawn], axis=1)
        low, high = (float(v) for v in np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
        return {**out, "low": low, "high": high, "over": "windows"}
    return out


def value_of(parts: dict[str, Any], part: str, figure: str) -> float | None:
    """A figure, or None if it is not there."""
    value: float | None = parts.get(part, {}).get(figure)
    return None if value is None or np.isnan(value) else value


def stems_of(rows: dict[str, Any]) -> list[str]:
    """Parts of the reference row that are stems."""
    return [part for part in rows.get(REFERENCE, {}) if part != KARAOKE]


def mode_differences(rows: dict[str, Any]) -> dict[str, dict[str, float]]:
    """SDR of each other mode minus that of ``live``, in dB, by mode and stem."""
    base = rows.get(REFERENCE, {})
    out: dict[str, dict[str, float]] = {}
    for mode in ("studio", *SHORT_MODES):
        for stem in stems_of(rows):
            ours, its = value_of(base, stem, "sdr"), value_of(rows.get(mode, {}), stem, "sdr")
            if ours is not None and its is not None:
                out.setdefault(mode, {})[stem] = its - ours
    return out


def mode_losses(rows: dict[str, Any]) -> dict[str, float]:
    """How much lower the SDR of each other mode is than that of ``live``, in dB, mean over stems; negative: higher."""
    return {mode: -float(np.mean(list(stems.values()))) for mode, stems in mode_differences(rows).items()}


PAIRED = ("sdr", "sir", "pes")


def gate_effects(
    songs: dict[str, dict[str, Any]], stems: Sequence[str], gates: Sequence[str], shipped: str
) -> dict[str, Any]:
    """What each gate does to each gated stem, in ``live``.

    SIR is not defined where an estimate is silent, so gates are compared over the windows in which it is defined for
    all of them; SDR and PES over all windows that have them. Windows, then songs, are taken to medians (PES of a song:
    mean) as everywhere.

    Args:
        songs: By song, row and part the figures with their windows.
        stems: Stems with a gate.
        gates: Names of the gates.
        shipped: The gate whose row is that of the mode.

    Returns:
        By stem and gate ``sdr``, ``sir``, ``pes``, ``f1`` and ``false_open``; None where there is no such figure. In
        ``intervals`` those of the medians over songs, where two or more have the figure; in ``n`` by figure their
        number.
    """
    out: dict[str, Any] = {}
    for stem in stems:
        found: dict[str, dict[str, list[float]]] = {}
        for rows in songs.values():
            names = {gate: REFERENCE if gate == shipped else gate_row(REFERENCE, gate) for gate in gates}
            parts = {gate: rows.get(name, {}).get(stem, {}) for gate, name in names.items()}
            if not all(parts.values()):
                continue
            for figure in PAIRED:
                tables = {g: np.asarray(p[WINDOWS].get(figure, ()), dtype=np.float64) for g, p in parts.items()}
                common = np.logical_and.reduce([~np.isnan(t) for t in tables.values()])
                for gate, table in tables.items():
                    if common.any():
                        middle = np.mean(table[common]) if figure in MEANS else np.median(table[common])
                        found.setdefault(gate, {}).setdefault(figure, []).append(float(middle))
            for gate, part in parts.items():
                for figure in ("f1", "false_open"):
                    if not np.isnan(part[figure]):
                        found.setdefault(gate, {}).setdefault(figure, []).append(part[figure])
        if found:
            out[stem] = {gate: _effect(values) for gate, values in found.items()}
    return out


def _effect(values: dict[str, list[float]]) -> dict[str, Any]:
    figures = (*PAIRED, "f1", "false_open")
    return {
        **{f: float(np.median(values[f])) if values.get(f) else None for f in figures},
        "intervals": {f: bootstrap(np.array(v)) for f, v in values.items() if len(v) > 1},
        COUNTS: {f: len(v) for f, v in values.items()},
    }


CARD_FIGURES = (
    *("sdr", "usdr", "si_sdr", "museval_sdr", "museval_sir", "museval_sar", "museval_isr", "pes", "pes_mixture"),
    *("auc", "auc_1s", "f1", "f1_1s", "false_open", "vocals_level", "vocals_projected", "rest_level", "rest_sdr"),
)
"""Figures that go on a model's card; a card is small."""


def on_card(row: str) -> bool:
    """Whether a row goes on a model's card: of the ideal masks, only those of the reference mode do."""
    return not row.startswith(("irm ", "ibm ")) or row.endswith(f" {REFERENCE}")
