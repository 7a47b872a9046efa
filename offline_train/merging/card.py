"""The card of a merged model: what its parts' cards say, and nothing that was measured on a part alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from offline_train import card as cards
from offline_train.merging.parts import Line
from rtiass.bundle import Bundle
from rtiass.stft import ALL_MODES, BINS, FRAME, RATE

Table = dict[str, Any]

LADDER = ("CC0-1.0", "MIT", "CC-BY-4.0")
"""Licences of weights, each of which asks for more than those before it and nothing against them."""

TRAINED = ("steps", "minutes", "audio_hours", "parameters", "torch", "seed", "bias", "commands", "shipped_with")
"""What is kept of a part's training; the rest stands on its own card."""

RULE = (
    "Every part gives its stems but its last. Their masks are taken as they are, and scaled down, bin by bin, where "
    "they sum to more than 1. The last stem has what is left; its activity is the least of the parts' last stems'. "
    "Gates are the parts' own."
)


def merged_card(bundles: Sequence[Bundle], line: Line, name: str, version: str, licence: str | None) -> Table:
    """Return the card, complete but for the table ``network``.

    Args:
        bundles: The parts.
        line: What they make together.
        name: Model name.
        version: Model version.
        licence: Licence of the weights; None: what the parts' licences allow.
    """
    allowed, why = weights_licence(bundles)
    entries = _licences(bundles)
    parts = " ".join(bundle.name for bundle in bundles)
    gates = {stem: _gate(bundle, stem) for bundle in bundles for stem in bundle.stems[:-1]}
    card: Table = {
        "model": {
            "name": name,
            "version": version,
            "stems": list(line.stems),
            "licence": licence or allowed,
            "licence_note": "As its maker states." if licence else why,
            "attribution": _attribution(bundles, entries),
            "rate": RATE,
            "channels": 2,
            "frame": FRAME,
            "bins": BINS,
            "lookahead": line.lookahead,
            **({"activity_lookahead": line.activity_lookahead} if line.activity_lookahead != line.lookahead else {}),
            "states": [[state, list(shape)] for state, shape in line.states],
        },
        "gate": {stem: settings for stem, settings in gates.items() if settings},
        "merged": {
            "rule": RULE,
            "command": f"rtiass-train merge {parts} --name {name} --version {version} -o {name}",
        },
        "parts": [_part(bundle, waits) for bundle, waits in zip(bundles, line.waits, strict=True)],
        "licences": entries,
        "failures": _failures(bundles, name),
    }
    modes = [bundle.card["modes"]["trained"] for bundle in bundles if "trained" in bundle.card.get("modes", {})]
    if len(modes) == len(bundles):
        card["modes"] = {"trained": [mode for mode in ALL_MODES if all(mode in trained for trained in modes)]}
    return card


def weights_licence(bundles: Sequence[Bundle]) -> tuple[str, str]:
    """Licence of weights put together, and why: the strictest of the parts', where one of them covers the others."""
    stated = {bundle.name: str(bundle.card["model"].get("licence", "not stated")) for bundle in bundles}
    names = list(dict.fromkeys(stated.values()))
    listed = "; ".join(f"{name}: {licence}" for name, licence in stated.items())
    if len(names) == 1 and names[0] != "not stated":
        return names[0], f"All parts are under it ({listed}). The attribution must stay with the weights."
    if all(name in LADDER for name in names):
        return max(names, key=LADDER.index), (
            f"The strictest of the parts' licences ({listed}). The attribution must stay with the weights."
        )
    return "not stated", (
        f"The parts' licences ({listed}) have no one that covers all; read them before you pass the weights on, and "
        "state a licence with --licence."
    )


def _licences(bundles: Sequence[Bundle]) -> list[Table]:
    """Sources of the parts' material, those of each part with its name; what several parts share stands once."""
    parts: dict[tuple[tuple[str, Any], ...], list[str]] = {}
    for bundle in bundles:
        for entry in bundle.card.get("licences", []):
            parts.setdefault(tuple(entry.items()), []).append(bundle.name)
    return [{**dict(entry), "parts": names} for entry, names in parts.items()]


def _attribution(bundles: Sequence[Bundle], entries: Sequence[Table]) -> str:
    texts = [cards.attribution(entries)] if entries else []
    for bundle in bundles:
        own = str(bundle.card["model"].get("attribution", ""))
        # What ship wrote follows from the entries, and they are all here.
        if own and own != cards.attribution(bundle.card.get("licences", [])) and own not in texts:
            texts.append(own)
    return " ".join(texts)


def _gate(bundle: Bundle, stem: str) -> Table:
    """What a part's card says of a stem's gate."""
    gate = bundle.card.get("gate", {})
    return {**{k: v for k, v in gate.items() if not isinstance(v, dict)}, **gate.get(stem, {})}


def _part(bundle: Bundle, waits: tuple[int, int]) -> Table:
    model, training = bundle.card["model"], bundle.card.get("training", {})
    part: Table = {
        "name": bundle.name,
        "version": model.get("version"),
        "stems": list(bundle.stems),
        "sha256": hashlib.sha256(bundle.onnx_bytes()).hexdigest(),
        "licence": model.get("licence"),
        "lookahead": bundle.lookahead,
        "waits": list(waits),
        "training": {key: training[key] for key in TRAINED if key in training},
        "classes": bundle.card.get("classes", {}),
    }
    return {key: value for key, value in part.items() if value not in (None, {})}


def _failures(bundles: Sequence[Bundle], name: str) -> list[Table]:
    """That nobody has measured the whole; and what is known of the parts, which were measured alone."""
    found: dict[str, list[str]] = {
        cards.UNMEASURED: [
            "It was not evaluated as a whole: what its parts' cards say of their quality holds for each part alone. "
            f"Measure it: rtiass-train evaluate {name} --pool pool -o figures.json; then put the figures on the card: "
            f"rtiass-train ship {name} --figures figures.json"
        ]
    }
    for bundle in bundles:
        told = [str(entry["what"]) for entry in bundle.card.get("failures", [])]
        found[f"part {bundle.name}"] = [f"{bundle.name} alone: {what}" for what in dict.fromkeys(told)]
    return cards.failures(found)
