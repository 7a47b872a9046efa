"""What a shipped model should reach, and what it must: each with the figure wanted, the figure measured, and whether.

A goal that is not met is reported, on the card too; a floor that is not met keeps a model from being shipped. Nothing
is rounded before it is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from offline_train.evaluation.song import KARAOKE, REFERENCE
from offline_train.evaluation.summary import SHORT_MODES, mode_losses, value_of

IDEAL = f"irm {REFERENCE}"
IDEAL_SHARE = 0.5
"""Of the ideal ratio mask's average SDR, for line-ups of more than two stems."""
RESIDUE = -15.0
INSTRUMENTAL = 10.0
VOCALS_LOWERED = 8.0
REST_LOSS = 2.0
MODE_LOSS = 0.5
GATE_SDR_LOSS = 0.05
GATE_SAME = 0.01
"""A change of SIR or PES below this, in dB, is none: frames at a gate's edge move other windows' filters a little."""
OPEN = "off"

Check = dict[str, Any]


def acceptance(
    summary: dict[str, Any], stems: Sequence[str], gates: dict[str, Any] | None = None, gate: str = "fast"
) -> dict[str, Any]:
    """Goals and floors for the figures of recorded songs.

    Args:
        summary: By kind of song what :func:`offline_train.evaluation.summary.summarise` returns.
        stems: Of the model, the last one without a gate.
        gates: By kind of song what :func:`offline_train.evaluation.summary.gate_effects` returns.
        gate: The gate as shipped.

    Returns:
        ``checks`` (goals) and ``floors``: lists of ``what``, ``measured`` (absent: not measured), ``wanted`` and
        ``met``; ``holds`` and ``floors_hold``: whether all of them are met; ``unmet``: a sentence for each of either
        that is not.
    """
    rows = summary.get("recorded", {})
    checks = [
        *_sound(rows, stems),
        *_modes(rows),
        *(_karaoke(rows, stems) if "vocals" in stems else []),
        *_gate((gates or {}).get("recorded", {}), stems, gate),
    ]
    floors = _floors(rows, stems)
    return {
        "holds": all(check["met"] for check in checks),
        "floors_hold": bool(floors) and all(check["met"] for check in floors),
        "unmet": [_sentence(check) for check in (*checks, *floors) if not check["met"]],
        "checks": checks,
        "floors": floors,
    }


def _check(what: str, measured: float | None, sign: str, limit: float) -> Check:
    met = (
        measured is not None
        and {
            ">=": measured >= limit,
            "<=": measured <= limit,
            "<": measured < limit,
            ">": measured > limit,
        }[sign]
    )
    found = {"what": what, "wanted": f"{sign} {limit:.4g}", "met": bool(met)}
    return found if measured is None else {**found, "measured": float(measured)}


def _sentence(check: Check) -> str:
    measured = f"measured {check['measured']:.3f}" if "measured" in check else "not measured"
    return f"{check['what']}: wanted {check['wanted']}, {measured}."


def _sound(rows: dict[str, Any], stems: Sequence[str]) -> list[Check]:
    """For more than two stems: the average SDR against that of ideal ratio masks, over stems that both have."""
    if len(stems) <= 2:
        return []
    live, ideal = rows.get(REFERENCE, {}), rows.get(IDEAL, {})
    pairs = [(value_of(live, stem, "sdr"), value_of(ideal, stem, "sdr")) for stem in stems]
    both = [(ours, best) for ours, best in pairs if ours is not None and best is not None]
    what = f"average SDR of the stems in {REFERENCE}, dB, against half of the ideal ratio mask's"
    if not both:
        return [_check(what, None, ">=", float("nan"))]
    ours, best = (float(np.mean(values)) for values in zip(*both, strict=True))
    return [_check(what, ours, ">=", IDEAL_SHARE * best)]


def _modes(rows: dict[str, Any]) -> list[Check]:
    losses = mode_losses(rows)
    what = f"SDR that MODE loses against {REFERENCE}, mean over stems, dB"
    return [_check(what.replace("MODE", mode), losses.get(mode), "<", MODE_LOSS) for mode in SHORT_MODES]


def _karaoke(rows: dict[str, Any], stems: Sequence[str]) -> list[Check]:
    """For vocals against accompaniment what singing along needs; for more stems what their sum should still give."""
    live = rows.get(REFERENCE, {})
    residue = value_of(live, KARAOKE, "vocals_level")
    what = f"karaoke in {REFERENCE}: level of what is left of the vocals, dB"
    if len(stems) == 2:
        rest = value_of(live, next(stem for stem in stems if stem != "vocals"), "sdr")
        return [
            _check(what, residue, "<=", RESIDUE),
            _check(f"karaoke in {REFERENCE}: SDR of the instruments, dB", rest, ">=", INSTRUMENTAL),
        ]
    lost = value_of(live, KARAOKE, "rest_level")
    loss = None if lost is None else -lost
    return [
        _check(what, residue, "<=", -VOCALS_LOWERED),
        _check(f"karaoke in {REFERENCE}: what the rest loses, dB", loss, "<", REST_LOSS),
    ]


def _gate(effects: dict[str, Any], stems: Sequence[str], gate: str) -> list[Check]:
    """The gate raises SIR and lowers PES on every gated stem, and costs no SDR."""
    checks = []
    for stem in stems[:-1]:
        found = effects.get(stem, {})
        for figure, sign, limit in (("sir", ">=", -GATE_SAME), ("pes", "<=", GATE_SAME), ("sdr", ">=", -GATE_SDR_LOSS)):
            on, off = found.get(gate, {}).get(figure), found.get(OPEN, {}).get(figure)
            change = None if on is None or off is None else on - off
            checks.append(_check(f"{figure.upper()} of {stem} with the gate, change in dB", change, sign, limit))
    return checks


def _floors(rows: dict[str, Any], stems: Sequence[str]) -> list[Check]:
    """Every stem of which there is recorded material is better than silence, and than doing nothing at all."""
    floors = []
    for stem in stems:
        ours = value_of(rows.get(REFERENCE, {}), stem, "sdr")
        for row in ("silence", "mixture"):
            limit = value_of(rows.get(row, {}), stem, "sdr")
            if ours is not None and limit is not None:
                floors.append(_check(f"SDR of {stem} in {REFERENCE}, dB, against that of {row}", ours, ">", limit))
    return floors
