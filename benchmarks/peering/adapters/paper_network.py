"""Writes the paper's network with random weights: ``causal``, a bundle that keeps its states, and ``window.onnx``.

The latter is the network as published, over a window of 25 frames. Takes the folder to write into; needs the train
extra.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from pathlib import Path

import torch

from offline_train.export import OPSET, export_bundle
from offline_train.network import IASS


class Window(torch.nn.Module):
    """The masks of a window."""

    def __init__(self, network: IASS) -> None:
        super().__init__()
        self.network = network

    def forward(self, magnitude):
        """Map (1, 2, 25, 2049) to (1, 1, 25, 2049)."""
        return self.network(magnitude)[0]


def write(folder: Path) -> None:
    torch.manual_seed(0)
    causal = IASS(blocks=3, causal=True).eval()
    card = {"model": {"name": "iass-causal", "version": "0", "stems": ["vocals", "other"]}}
    export_bundle(causal, causal.config, card, folder / "causal")
    torch.manual_seed(0)
    published = IASS(blocks=3, causal=False).eval()
    frames = 2 * published.lookahead + 1
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Window(published),
            (torch.rand(1, 2, frames, 2049),),
            str(folder / "window.onnx"),
            dynamo=False,
            opset_version=OPSET,
            input_names=["magnitude"],
            output_names=["mask"],
        )


if __name__ == "__main__":
    write(Path(sys.argv[1]))
