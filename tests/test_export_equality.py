"""The exported graph, fed with its own states, gives what the network gives."""

from __future__ import annotations

import pytest
import torch
from networks import exported, magnitudes

from engines.onnxruntime import OnnxRuntimeEngine

FRAMES = 500


@pytest.mark.parametrize("kind", ["joint", "iass", "iass-published"])
def test_graph_equals_network_over_many_frames(kind: str) -> None:
    network, bundle = exported(kind)
    x = magnitudes(FRAMES, seed=3)
    session = OnnxRuntimeEngine().open(bundle, threads=1)
    with torch.inference_mode():
        masks, activity, _ = network.stream(x, network.initial_state())
    assert masks.std() > 0.02
    for t in range(FRAMES):
        mask, active = session.step(x[0, :, t].numpy())
        torch.testing.assert_close(torch.from_numpy(mask), masks[0, :, t], atol=1e-5, rtol=0)
        torch.testing.assert_close(torch.from_numpy(active), activity[0, :, t], atol=1e-5, rtol=0)
    session.close()
