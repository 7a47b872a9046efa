"""Beginning with the weights of another model: a bundle or a run, of the same line-up or another.

The network is that of the model, with all its parts: the stems that it was trained for. What the configuration wants of
new classes is added as further parts, and parts are put together where the configuration wants fewer stems. So whatever
the model could tell apart it goes on telling apart.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from offline_train import card
from offline_train.fit.files import write_text
from offline_train.fit.saved import SMALL, load_checkpoint
from offline_train.lineup import LINEUPS, Lineup
from offline_train.network import StreamingNetwork
from offline_train.settings import Settings
from rtiass.bundle import load_bundle
from rtiass.errors import UserError

ROWS = {"head.weight": 3, "head.bias": 3, "bottleneck.activity.weight": 1, "bottleneck.activity.bias": 1}
"""Tensors of the joint network whose first axis goes through the parts, with the rows of each."""
LOUDNESS = "loudness.weight"
"""The one whose second axis does."""


@dataclass(frozen=True)
class Origin:
    """What training begins with.

    Attributes:
        name: Of the model, or of the run folder.
        version: Of the model; empty for a run.
        sha256: Of the weights' file.
        network: What builds it again.
        parts: Names of its stems before they are put together.
        weights: By name.
        licences: Of its material, as on a card.
    """

    name: str
    version: str
    sha256: str
    network: dict[str, Any]
    parts: tuple[str, ...]
    weights: dict[str, Tensor]
    licences: list[dict[str, Any]]


def read_origin(source: str | Path) -> Origin:
    """A run folder, the folder of a bundle, or the name of a shipped model.

    Raises:
        UserError: It is none of them, or holds no weights.
    """
    folder = Path(source)
    if (folder / SMALL).is_file():
        state = load_checkpoint(folder)
        digest = hashlib.sha256((folder / SMALL).read_bytes()).hexdigest()
        parts = card.origin(folder).get("parts") or state.get("stems", LINEUPS["band"])
        name, licences = folder.resolve().name, card.licences(folder)
        return Origin(name, "", digest, state["network"], tuple(parts), state["average"], licences)
    bundle = load_bundle(source)
    data = bundle.weights_bytes()
    if data is None:
        raise UserError(f"The model {bundle.name} has no weights.safetensors, so training can't begin with it.")
    told = bundle.card
    return Origin(
        bundle.name,
        str(told["model"].get("version", "")),
        hashlib.sha256(data).hexdigest(),
        told["network"],
        tuple(told.get("training", {}).get("parts", bundle.stems)),
        load(data),
        told.get("licences", []),
    )


def parts_of(lineup: Lineup, origin: Origin) -> tuple[str, ...]:
    """The model's parts and, before the last, the stems of a line-up that are new."""
    known = origin.parts[:-1]
    return (*known, *(name for name in lineup.stems[:-1] if name not in known), origin.parts[-1])


def with_network(settings: Settings, origin: Origin) -> Settings:
    """Settings whose network is the model's, made to put out their stems."""
    network = {key: value for key, value in origin.network.items() if key not in ("stems", "merge")}
    if network.get("kind", "joint") == "joint":
        parts = parts_of(settings.lineup, origin)
        network["stems"] = len(parts)
        merge = settings.lineup.merge(parts)
        if merge != [[index] for index in range(len(parts))]:
            network["merge"] = merge
    return replace(settings, network=network)


@torch.no_grad()
def begin_with(network: StreamingNetwork, parts: tuple[str, ...], origin: Origin) -> list[str]:
    """Put the weights of another model into a network.

    A new part begins as that which took its class so far, the last one; all that share it begin with equal parts of
    its mask.

    Args:
        network: Just built.
        parts: Names of its stems before they are put together.
        origin: The other model.

    Returns:
        Parts that are new.

    Raises:
        UserError: The two networks do not have the same sizes.
    """
    last = len(origin.parts) - 1
    before = [origin.parts.index(name) if name in origin.parts[:-1] else last for name in parts[:-1]] + [last]
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        found = origin.weights.get(name)
        if found is not None and name == LOUDNESS:
            found = found[:, before]
        elif found is not None and name in ROWS:
            rows = found.reshape(len(origin.parts), ROWS[name], *found.shape[1:])[before]
            if name == "head.bias":
                rows -= torch.tensor([math.log(before.count(index)) for index in before]).unsqueeze(1)
            found = rows.reshape(-1, *found.shape[1:])
        if found is None or found.shape != value.shape:
            raise UserError(f"Training can't begin with {origin.name}: its weights do not fit its network, at {name}.")
        value.copy_(found)
    return [name for name, index in zip(parts[:-1], before, strict=False) if index == last]


def write_origin(folder: Path, origin: Origin, parts: tuple[str, ...], network: dict[str, Any]) -> None:
    """Note in a run folder what training began with, and the network that came of it."""
    facts: dict[str, Any] = {key: getattr(origin, key) for key in ("name", "version", "sha256", "licences")}
    facts |= {"parts": list(parts), "network": network}
    write_text(folder / card.ORIGIN, json.dumps(facts, indent=1) + "\n")
