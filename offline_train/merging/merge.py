"""Writes several bundles as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import load, save
from torch import Tensor

from offline_train.export import check_place, whole_bundle
from offline_train.merging.card import merged_card
from offline_train.merging.graph import merged_graph
from offline_train.merging.parts import MergeError, line_up
from offline_train.toml_text import to_toml
from rtiass.bundle import CARD, GRAPH, MAX_MODEL_BYTES, WEIGHTS, Bundle, load_bundle


def merge(
    names: Sequence[str | Path],
    folder: Path,
    name: str | None = None,
    version: str = "0.1.0",
    licence: str | None = None,
) -> Bundle:
    """Write one bundle whose network is all of the bundles' networks.

    Every bundle gives its stems but its last. Their masks are taken as they are, and scaled down, bin by bin, only
    where they sum to more than 1; the last stem is 1 minus their sum, so all sum to 1. Its activity is the least of the
    parts' last stems': what all leave is part of what each leaves. A part that looks less far ahead waits for the rest.

    The weights for the engine ``pytorch`` are written if every part has its own.

    Args:
        names: Folders of bundles, or names of shipped ones.
        folder: Where the bundle goes; a bundle that is there is replaced once the new one is whole.
        name: Model name; None: that of the folder.
        version: Model version.
        licence: Licence of the weights; None: what the parts' licences allow.

    Returns:
        The bundle as the runtime loads it.

    Raises:
        MergeError: The bundles don't go together.
        rtiass.bundle.BundleError: One of them is missing or damaged.
        rtiass.errors.UserError: The folder holds something else than a bundle, or the disk is full.
    """
    bundles = [load_bundle(given) for given in names]
    line = line_up(bundles)
    folder = folder.resolve()
    if any(folder == bundle.path.resolve() for bundle in bundles):
        raise MergeError(f"{folder} is one of the bundles to be merged. Name another folder with -o.")
    check_place(folder)
    name = name or folder.name
    card = merged_card(bundles, line, name, version, licence)
    graph = merged_graph(bundles, line, name)
    weights = _weights(bundles)
    with whole_bundle(folder) as partial:
        (partial / GRAPH).write_bytes(graph)
        if weights is not None:
            data = save(weights)
            if len(data) <= MAX_MODEL_BYTES:
                (partial / WEIGHTS).write_bytes(data)
                card["network"] = {"kind": "merged", "parts": [bundle.card["network"] for bundle in bundles]}
        (partial / CARD).write_text(to_toml(card), encoding="utf-8")
    return load_bundle(folder)


def _weights(bundles: Sequence[Bundle]) -> dict[str, Tensor] | None:
    """The parts' weights as :class:`offline_train.merged.Merged` names them; None if a part has none."""
    found: dict[str, Any] = {}
    for index, bundle in enumerate(bundles):
        data = bundle.weights_bytes()
        if data is None or "network" not in bundle.card:
            return None
        found |= {f"parts.{index}.{key}": value for key, value in load(data).items()}
    return found
