"""Bundles of one target each, made of the shipped model `six`: together they are `six` again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from networks import random_network
from numpy.typing import NDArray
from safetensors.torch import load

from engines.onnxruntime import OnnxRuntimeEngine
from offline_train.export import export_bundle
from offline_train.merging.merge import merge
from offline_train.network import StreamingNetwork, build
from rtiass.bundle import Bundle, load_bundle

TARGETS = ("vocals", "drums", "bass", "electric_guitar", "acoustic_guitar", "piano")
REST = "accompaniment"
_folder = tempfile.TemporaryDirectory()
FOLDER = Path(_folder.name)


def bundle_of(network: StreamingNetwork, name: str, stems: Sequence[str], **card: Any) -> Bundle:
    """A network's bundle; its card has at least a name, and what is given."""
    model = {"name": name, "version": "1", "stems": list(stems), **card.pop("model", {})}
    return export_bundle(network, network.config, {"model": model, **card}, FOLDER / name)


@cache
def target(stem: str) -> Bundle:
    """The model `six` as a model of one target and the rest."""
    six = load_bundle("six")
    index = six.stems.index(stem)
    rest = [i for i in range(len(six.stems)) if i != index]
    network = build({**six.card["network"], "merge": [[index], rest]})
    network.load_state_dict(load(six.weights_bytes() or b""), strict=False)
    gate = {stem: {"threshold": six.gates[stem].threshold}}
    return bundle_of(network.eval(), f"one-{stem}", [stem, REST], gate=gate, modes={"trained": ["live", "tight"]})


@cache
def six_targets() -> Bundle:
    """All six of them, merged."""
    return merge([target(stem).path for stem in TARGETS], FOLDER / "six-targets")


@cache
def random_target(stem: str, seed: int, causal: bool = True) -> Bundle:
    """The paper's network for one target, with random weights."""
    name = f"{stem}-{seed}-{'causal' if causal else 'published'}"
    return bundle_of(random_network(seed, kind="iass", causal=causal), name, [stem, REST])


def steps(bundle: Bundle, frames: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Masks (frames, stems, bins) and activities (frames, stems) of a bundle in ONNX Runtime."""
    session = OnnxRuntimeEngine().open(bundle, threads=1)
    found = [tuple(values.copy() for values in session.step(frame)) for frame in frames]
    session.close()
    return np.stack([masks for masks, _ in found]), np.stack([activity for _, activity in found])
