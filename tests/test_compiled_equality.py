"""The compiled network is the network: every kind of layer, against PyTorch, over many frames."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from networks import SMALL, exported, magnitudes, random_network

from engines.compiled import CompiledEngine
from engines.compiled.processor import processor
from engines.onnxruntime import OnnxRuntimeEngine
from offline_train.export import export_bundle
from offline_train.network import StreamingNetwork
from rtiass.bundle import Bundle, load_bundle

FRAMES = 80
KINDS: dict[str, dict[str, Any]] = {
    "small": {},
    "mid-side, root": {"stereo": "mid-side", "entry": "root"},
    "sigmoid, loudness": {"masks": "sigmoid", "loudness": True},
    "dilated, no dense layers": {"memory": "dilated", "rank": 0},
    "two frames": {"encoder_time": 2, "decoder_time": 2},
    "one frame": {"encoder_time": 1},
    "merged": {"stems": 7, "merge": [[0], [2, 1], [6], [3, 4, 5]], "loudness": True},
    "odd widths": {"channels": [5, 7, 9], "hidden": 17, "squeeze": 3, "rank": 5},
}


def same(network: StreamingNetwork, bundle: Bundle) -> None:
    x = magnitudes(FRAMES, seed=3)
    session = CompiledEngine().open(bundle)
    with torch.inference_mode():
        masks, activity, _ = network.stream(x, network.initial_state())
    assert masks.std() > 0.02
    for t in range(FRAMES):
        mask, active = session.step(x[0, :, t].numpy())
        torch.testing.assert_close(torch.from_numpy(mask), masks[0, :, t], atol=5e-6, rtol=0)
        torch.testing.assert_close(torch.from_numpy(active), activity[0, :, t], atol=5e-6, rtol=0)
    session.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network(kind: str) -> None:
    network = random_network(**(SMALL | KINDS[kind]))
    if network.config["loudness"]:
        with torch.no_grad():
            network.loudness.weight.normal_()  # type: ignore[union-attr, operator]
    stems = [f"part{k}" for k in range(network.stems - 1)] + ["other"]
    with tempfile.TemporaryDirectory() as folder:
        card = {"model": {"name": "untrained", "version": "1", "stems": stems}}
        same(network, export_bundle(network, network.config, card, Path(folder) / "bundle"))


@pytest.mark.parametrize("lanes", [4, 8, 16])
def test_a_network_of_full_size_in_vectors_of_any_width(lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.compiled.engine.processor", lambda: replace(processor(), lanes=lanes))
    same(*exported("joint"))


def test_a_shipped_model_gives_what_it_gives_in_onnx_runtime() -> None:
    bundle = load_bundle("band")
    ours, other = CompiledEngine().open(bundle), OnnxRuntimeEngine().open(bundle, threads=1)
    for frame in magnitudes(FRAMES, seed=4)[0].transpose(0, 1).numpy():
        for mine, its in zip(ours.step(frame), other.step(frame), strict=True):
            np.testing.assert_allclose(mine, its, atol=5e-6, rtol=0)
