"""A network run in chunks of any size gives what it gives on the whole song."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from networks import magnitudes, random_network
from torch import Tensor

FRAMES = 60
CONFIGS = [
    {"kind": "joint"},
    {"kind": "joint", "decoder_time": 2, "rank": 0, "stereo": "mid-side"},
    {"kind": "joint", "memory": "dilated", "masks": "sigmoid", "entry": "root", "loudness": True},
    {"kind": "iass", "causal": True},
    {"kind": "iass", "causal": True, "blocks": 4},
    {"kind": "iass", "causal": False},
    {"kind": "iass", "causal": False, "blocks": 4},
]


def in_chunks(network: Any, x: Tensor, longest: int, seed: int) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(seed)
    state, masks, logits, at = network.initial_state(x.shape[0]), [], [], 0
    while at < x.shape[2]:
        n = int(rng.integers(1, longest + 1))
        mask, logit, state = network(x[:, :, at : at + n], state)
        masks.append(mask)
        logits.append(logit)
        at += n
    return torch.cat(masks, 2), torch.cat(logits, 2)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("longest", [1, 7, 40])
def test_chunks_equal_the_whole(config: dict[str, Any], longest: int) -> None:
    network = random_network(**config)
    late, early = network.lookahead, network.activity_lookahead
    # The end of the song is padding to an offline run and silence to a stream: compare before it.
    x = magnitudes(FRAMES + late, batch=2, seed=1)
    with torch.no_grad():
        mask, logits, _ = network(x)
        streamed, streamed_logits = in_chunks(network, x, longest, seed=longest)
    kept = FRAMES - late
    assert mask.std() > 0.02
    assert mask[:, :, :kept].std(dim=2).max() > 0.02, "masks must change over time for this test to mean anything"
    torch.testing.assert_close(streamed[:, :, late : late + kept], mask[:, :, :kept], atol=1e-5, rtol=0)
    torch.testing.assert_close(streamed_logits[:, :, early : early + kept], logits[:, :, :kept], atol=1e-5, rtol=0)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_states_keep_their_names_order_and_shapes(config: dict[str, Any]) -> None:
    network = random_network(**config)
    with torch.no_grad():
        _, _, state = network(magnitudes(3, batch=2), network.initial_state(2))
    shapes = network.state_shapes(2)
    assert list(state) == list(shapes)
    assert {name: tuple(value.shape) for name, value in state.items()} == shapes
