"""Writes a trained network as a bundle: card, ONNX graph, weights and check sums."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from safetensors.torch import save
from torch import Tensor, nn

from offline_train.fit.files import disk_errors
from offline_train.half import half_graph
from offline_train.streaming import StreamingNetwork
from offline_train.toml_text import to_toml
from rtiass.bundle import CARD, GRAPH, HALF_GRAPH, SUMS, WEIGHTS, Bundle, load_bundle, sha256_sums
from rtiass.engine import checked_graph
from rtiass.errors import UserError
from rtiass.stft import BINS, FRAME, RATE

OPSET = 17
"""Version of the ONNX operator set: the first with layer normalisation, and read by every engine of the last years."""


class OneFrame(nn.Module):
    """A network as the engines see it: one frame and the states in, masks, activity and new states out."""

    def __init__(self, network: StreamingNetwork) -> None:
        super().__init__()
        self.network = network
        self.names = list(network.state_shapes())

    def forward(self, magnitude: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        """Map (1, 2, 2049) and the states to (1, S, 2049), (1, S) and the new states."""
        state = dict(zip(self.names, states, strict=True))
        mask, activity, new = self.network.stream(magnitude.unsqueeze(2), state)
        return mask.squeeze(2), activity.squeeze(2), *new.values()


def onnx_graph(network: StreamingNetwork) -> bytes:
    """Return the network as an ONNX graph of one frame, with static shapes and BatchNorm folded where it follows.

    Inputs are ``magnitude`` (1, 2, 2049) and the states; outputs are ``mask`` (1, S, 2049), ``activity`` (1, S) and
    each state's successor, ``NAME_next``. All are float32. Only standard operators are used.
    """
    training = network.training
    frame = OneFrame(network.eval())
    states = network.initial_state()
    buffer = io.BytesIO()
    # The exporter by tracing: its graphs hold one node per operation and run without any rewriting.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            frame,
            (torch.rand(1, 2, BINS), *states.values()),
            buffer,  # type: ignore[arg-type]  # a stream is taken too when tracing
            dynamo=False,
            opset_version=OPSET,
            input_names=["magnitude", *states],
            output_names=["mask", "activity", *(f"{name}_next" for name in states)],
        )
    network.train(training)
    graph = onnx.load_from_string(buffer.getvalue())
    for node in graph.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(graph, full_check=True)
    return graph.SerializeToString()


def complete_card(network: StreamingNetwork, config: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``card`` with everything that the network itself decides filled in.

    Raises:
        ValueError: The card names another number of stems than the network has.
    """
    model = dict(card["model"])
    if len(model["stems"]) != network.stems:
        raise ValueError(f"The card names {len(model['stems'])} stems, the network has {network.stems}.")
    model |= {
        "rate": RATE,
        "channels": 2,
        "frame": FRAME,
        "bins": BINS,
        "lookahead": network.lookahead,
        "states": [[name, list(shape)] for name, shape in network.state_shapes().items()],
    }
    if network.activity_lookahead != network.lookahead:
        model["activity_lookahead"] = network.activity_lookahead
    rest = {key: value for key, value in card.items() if key not in ("model", "network")}
    return {"model": model, "network": {"kind": "joint", **config}, **rest}


def export_bundle(
    network: StreamingNetwork,
    config: Mapping[str, Any],
    card: Mapping[str, Any],
    folder: Path | str,
    *,
    half: bool = False,
) -> Bundle:
    """Write a bundle and load it as a check.

    The folder appears complete or not at all; one that was there is replaced.

    Args:
        network: Trained network, on the CPU.
        config: What builds it again, see ``offline_train.network.build``.
        card: At least ``model`` with ``name``, ``version`` and ``stems``; the tables ``gate``, ``modes``,
            ``training``, ``licences`` and ``figures`` are written as they are.
        folder: Where to write.
        half: Write the network in FP16 too.

    Returns:
        The bundle as the runtime loads it.

    Raises:
        ValueError: The card doesn't fit the network.
        offline_train.half.HalfError: The network can't be had in FP16.
        rtiass.bundle.BundleError: The runtime would refuse the bundle; nothing was written.
        rtiass.errors.UserError: The disk is full; what was there stays.
    """
    with whole_bundle(folder) as partial:
        weights = {
            name: value.detach().to(torch.float32).contiguous().clone()
            for name, value in network.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }
        graph = onnx_graph(network)
        (partial / GRAPH).write_bytes(graph)
        if half:
            (partial / HALF_GRAPH).write_bytes(half_graph(graph))
        (partial / WEIGHTS).write_bytes(save(weights))
        (partial / CARD).write_text(to_toml(complete_card(network, config, card)), encoding="utf-8")
    return load_bundle(folder)


def add_half(bundle: Path | str, folder: Path | str | None = None) -> Bundle:
    """Write a bundle again with its network in FP16 beside the one that it has, which is not touched.

    Args:
        bundle: Folder of a bundle, or the name of a shipped one.
        folder: Where to write; None: in the place of ``bundle``.

    Returns:
        The bundle as the runtime loads it.

    Raises:
        rtiass.bundle.BundleError: There is no such bundle, or it is damaged.
        offline_train.half.HalfError: It can't be had in FP16; nothing was written.
        rtiass.errors.UserError: The disk is full; what was there stays.
    """
    model = load_bundle(bundle)
    half = half_graph(checked_graph(model))
    folder = model.path if folder is None else Path(folder)
    with whole_bundle(folder) as partial:
        for path in model.path.iterdir():
            shutil.copy2(path, partial / path.name)
        (partial / HALF_GRAPH).write_bytes(half)
    return load_bundle(folder)


def check_place(folder: Path) -> None:
    """Refuse a place for a bundle where there is something else than a bundle or an empty folder.

    Raises:
        rtiass.errors.UserError: There is; it is left as it is.
    """
    if folder.exists() and not (folder / CARD).is_file() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UserError(f"{folder} is there and is no bundle; it is left as it is. Name another folder with -o.")


@contextlib.contextmanager
def whole_bundle(folder: Path | str) -> Iterator[Path]:
    """A new folder to write a bundle's files into; if the runtime takes it, it is put in the place of ``folder``.

    The check sums are written here. A folder that was there is replaced only by a whole one.

    Args:
        folder: Where the bundle goes.

    Yields:
        A folder beside it; it must have CARD and GRAPH in the end, and may have WEIGHTS and HALF_GRAPH.

    Raises:
        rtiass.bundle.BundleError: The runtime would refuse the bundle; nothing was written.
        rtiass.errors.UserError: Something else than a bundle is there, the disk is full, or nothing may be written.
    """
    folder = Path(folder)
    check_place(folder)
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            partial.chmod(0o755)
            yield partial
            names = [name for name in (CARD, GRAPH, HALF_GRAPH, WEIGHTS) if (partial / name).exists()]
            (partial / SUMS).write_text(sha256_sums(partial, names), encoding="utf-8")
            load_bundle(partial)
            if folder.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
                folder.rename(old / folder.name)
                partial.rename(folder)
                shutil.rmtree(old)
            else:
                partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
