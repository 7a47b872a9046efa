"""Networks with random weights and statistics, and their bundles, made once for all tests."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from offline_train.export import export_bundle
from offline_train.network import IASS, StreamingNetwork, build
from rtiass.bundle import Bundle

SMALL: dict[str, Any] = {"kind": "joint", "channels": [8, 8, 16], "hidden": 24, "squeeze": 4, "rank": 8}
STEMS = {"joint": ["vocals", "drums", "bass", "other"], "iass": ["vocals", "other"]}

_folder = tempfile.TemporaryDirectory()


def magnitudes(frames: int, batch: int = 1, seed: int = 0) -> Tensor:
    """Magnitudes (batch, 2, frames, 2049) over five decades."""
    generator = torch.Generator().manual_seed(seed)
    return 10 ** (5 * torch.rand(batch, 2, frames, 2049, generator=generator) - 5)


def random_network(seed: int = 0, **config: Any) -> StreamingNetwork:
    """A network in evaluation mode whose every layer matters: nothing at zero, statistics of its own."""
    torch.manual_seed(seed)
    network = build(config)
    with torch.no_grad():
        for parameter in network.parameters():
            # The wide dense layer would drown the rest in noise.
            parameter += (0.003 if parameter.ndim == 2 else 0.05) * torch.randn_like(parameter)
        if isinstance(network, IASS):
            network.dense.weight *= 10.0  # masks of an untrained network hardly move
        x = magnitudes(20, 2, seed)
        network.fit_statistics(x)  # type: ignore[operator]
        network.train()
        network(x)
    return network.eval()


@cache
def exported(kind: str) -> tuple[StreamingNetwork, Bundle]:
    """A network ("joint", "iass", "iass-published", "small") and its bundle; not to be changed."""
    configs: dict[str, dict[str, Any]] = {
        "joint": {"kind": "joint"},
        "small": SMALL,
        "iass": {"kind": "iass", "causal": True},
        "iass-published": {"kind": "iass", "causal": False},
    }
    config = configs[kind]
    network = random_network(**config)
    return network, export_bundle(network, network.config, card(config["kind"]), Path(_folder.name) / kind)


def card(kind: str = "joint") -> dict[str, Any]:
    """The smallest card that a bundle needs."""
    return {"model": {"name": "untrained", "version": "1", "stems": STEMS[kind]}}
