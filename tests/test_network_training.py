"""Networks can be trained: everything gets a gradient, and a few steps bring the loss down."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from networks import SMALL, magnitudes

from offline_train.network import build


def loss_of(network: Any, x: torch.Tensor) -> torch.Tensor:
    mask, logits, _ = network(x)
    target = torch.linspace(0.1, 0.9, 2049).expand_as(mask[:, 0])
    active = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    return (mask[:, 0] - target).square().mean() + 0.1 * active


@pytest.mark.parametrize("config", [SMALL, {"kind": "iass"}, {"kind": "iass", "causal": True}], ids=str)
def test_loss_falls_and_every_parameter_has_a_gradient(config: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = build(config)
    x = magnitudes(8, batch=2)
    network.fit_statistics(x)  # type: ignore[operator]
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        loss = loss_of(network, x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().any()]
    assert without == []


def test_statistics_standardise_every_bin() -> None:
    network: Any = build({"kind": "joint"})
    x = magnitudes(200)
    network.fit_statistics(x)
    y = (network.features(x) - network.mean.unsqueeze(1)) * network.scale.unsqueeze(1)
    torch.testing.assert_close(y.mean(dim=(0, 2)), torch.zeros(2, 1485), atol=1e-4, rtol=0)
    torch.testing.assert_close(y.std(dim=(0, 2)), torch.ones(2, 1485), atol=1e-3, rtol=0)
