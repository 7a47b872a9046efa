"""Beginning with the weights of another model: a bundle or a run, of the same line-up or another."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from offline_train import card
from offline_train.fit.files import write_text
from offline_train.fit.saved import SMALL, load_checkpoint
from offline_train.lineup import LINEUPS
from offline_train.network import StreamingNetwork
from rtiass.bundle import load_bundle
from rtiass.errors import UserError

ROWS = {"head.weight": 3, "head.bias": 3, "bottleneck.activity.weight": 1, "bottleneck.activity.bias": 1}
"""Tensors of the joint network whose first axis goes through the stems, with the rows of each stem."""


@dataclass(frozen=True)
class Origin:
    """What training begins with.

    Attributes:
        name: Of the model, or of the run folder.
        version: Of the model; empty for a run.
        sha256: Of the weights' file.
        kind: Of the network.
        stems: Of the network, before any merging.
        weights: By name.
        licences: Of its material, as on a card.
    """

    name: str
    version: str
    sha256: str
    kind: str
    stems: tuple[str, ...]
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
        kind, stems = state["network"].get("kind", "joint"), tuple(state.get("stems", LINEUPS["band"]))
        return Origin(folder.resolve().name, "", digest, kind, stems, state["average"], card.licences(folder))
    bundle = load_bundle(source)
    data = bundle.weights_bytes()
    if data is None:
        raise UserError(f"The model {bundle.name} has no weights.safetensors, so training can't begin with it.")
    told = bundle.card
    return Origin(
        bundle.name,
        str(told["model"].get("version", "")),
        hashlib.sha256(data).hexdigest(),
        told.get("network", {}).get("kind", "joint"),
        tuple(told.get("training", {}).get("stems", bundle.stems)),
        load(data),
        told.get("licences", []),
    )


@torch.no_grad()
def begin_with(network: StreamingNetwork, stems: tuple[str, ...], origin: Origin) -> list[str]:
    """Put the weights of another model into a network.

    A stem that both have keeps its rows of the last layers. A new stem begins as that which took its class so far, the
    last one; what shares such a stem begins with equal parts of its mask.

    Args:
        network: Just built.
        stems: Its stems.
        origin: The other model.

    Returns:
        Stems that are new.

    Raises:
        UserError: The two networks do not have the same sizes.
    """
    last = len(origin.stems) - 1
    before = [origin.stems.index(name) if name in origin.stems[:-1] else last for name in stems[:-1]] + [last]
    state = network.state_dict()
    for name, value in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        found = origin.weights.get(name)
        if found is not None and origin.kind == "joint" and name in ROWS:
            parts = found.reshape(len(origin.stems), ROWS[name], *found.shape[1:])[before]
            if name == "head.bias":
                parts -= torch.tensor([math.log(before.count(index)) for index in before]).unsqueeze(1)
            found = parts.reshape(-1, *found.shape[1:])
        if found is None or found.shape != value.shape:
            raise UserError(
                f"Training can't begin with {origin.name}: its network has other sizes (at {name}). Put the table "
                "[network] of its card or config.toml into your configuration, without stems and merge."
            )
        value.copy_(found)
    return [name for name, index in zip(stems[:-1], before, strict=False) if index == last]


def write_origin(folder: Path, origin: Origin) -> None:
    """Note in a run folder what training began with, for the card."""
    facts = {key: getattr(origin, key) for key in ("name", "version", "sha256", "licences")}
    write_text(folder / card.ORIGIN, json.dumps(facts, indent=1) + "\n")
