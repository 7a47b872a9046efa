"""A network over a whole song: masks and activity, in pieces that fit into memory and equal one single pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from offline_train.paper.openunmix import OpenUnmixNet
from offline_train.streaming import StreamingNetwork

PIECE = 512
"""Frames that go through a network at a time."""


@dataclass(frozen=True)
class Found:
    """What a network makes of a song.

    Attributes:
        masks: Shape (stems, 2 or 1, frames, 2049): for both channels alike, or for each.
        activity: Probabilities, shape (stems, frames); None of a network without labels.
    """

    masks: Tensor
    activity: NDArray[np.float32] | None


@torch.no_grad()
def run(network: StreamingNetwork, magnitude: Tensor, piece: int = PIECE, labelled: bool = True) -> Found:
    """Masks and activity, aligned with the input frames.

    Args:
        network: In evaluation mode. A network of one target has one mask here: its rest is what is left.
        magnitude: Shape (2, frames, 2049).
        piece: Frames at a time.
        labelled: Whether it was trained with labels: else what its classifier says means nothing, and is left out.
    """
    if isinstance(network, OpenUnmixNet):
        # It goes through time in both directions, so it must hear all at once.
        mask, _, _ = network(magnitude.unsqueeze(0))
        return Found(mask.transpose(0, 1), None)
    parts = list(
        _overlapping(network, magnitude, piece) if network.lookahead else _continued(network, magnitude, piece)
    )
    masks = torch.cat([mask for mask, _ in parts], dim=1)
    activity = torch.sigmoid(torch.cat([logits for _, logits in parts], dim=1)).numpy() if labelled else None
    return Found(masks.unsqueeze(1), activity)


def _continued(network: StreamingNetwork, magnitude: Tensor, piece: int) -> list[tuple[Tensor, Tensor]]:
    """A causal network, its state handed on from piece to piece."""
    state = network.initial_state()
    out = []
    for first in range(0, magnitude.shape[1], piece):
        mask, logits, state = network(magnitude[None, :, first : first + piece], state)
        out.append((mask[0], logits[0]))
    return out


def _overlapping(network: StreamingNetwork, magnitude: Tensor, piece: int) -> list[tuple[Tensor, Tensor]]:
    """A network that sees ``lookahead`` frames to either side: pieces with as much around them, cut off again."""
    reach, frames = network.lookahead, magnitude.shape[1]
    out = []
    for first in range(0, frames, piece):
        begin, end = max(0, first - reach), min(frames, first + piece + reach)
        mask, logits, _ = network(magnitude[None, :, begin:end])
        cut = slice(first - begin, min(frames, first + piece) - begin)
        out.append((mask[0, :, cut], logits[0, :, cut]))
    return out
