"""What a network has given never depends on what comes later than its lookahead."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from networks import magnitudes, random_network


@pytest.mark.parametrize(
    "config", [{"kind": "joint"}, {"kind": "joint", "decoder_time": 3}, {"kind": "iass", "causal": True}], ids=str
)
def test_future_frames_change_nothing(config: dict[str, Any]) -> None:
    network = random_network(**config)
    x = magnitudes(20)
    changed = x.clone()
    changed[:, :, 12:] *= 30.0
    with torch.no_grad():
        mask, logits, _ = network(x)
        other_mask, other_logits, _ = network(changed)
    torch.testing.assert_close(other_mask[:, :, :12], mask[:, :, :12], atol=1e-6, rtol=0)
    torch.testing.assert_close(other_logits[:, :, :12], logits[:, :, :12], atol=1e-6, rtol=0)
    assert (other_mask[:, :, 12] - mask[:, :, 12]).abs().max() > 1e-3, "the present frame must count"


def test_published_iass_looks_twelve_frames_ahead_for_masks_and_six_for_activity() -> None:
    network = random_network(kind="iass")
    x = magnitudes(40)
    changed = x.clone()
    changed[:, :, 20] *= 30.0
    with torch.no_grad():
        mask, logits, _ = network(x)
        other_mask, other_logits, _ = network(changed)
    moved = ((other_mask - mask).abs().amax(dim=(0, 1, 3)) > 1e-7).nonzero().flatten()
    moved_logits = ((other_logits - logits).abs().amax(dim=(0, 1)) > 1e-7).nonzero().flatten()
    assert (int(moved.min()), int(moved.max())) == (20 - 12, 20 + 12)
    assert (int(moved_logits.min()), int(moved_logits.max())) == (20 - 6, 20 + 6)
    assert network.lookahead == 12
