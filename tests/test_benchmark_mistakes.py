"""Benchmarks that can't measure what they should say why, and print no table of something else."""

from __future__ import annotations

import pytest
import torch

from benchmarks import engine_opening, wiener
from rtiass.errors import UserError


def test_weights_that_are_missing_are_not_left_random() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    weights = {key: torch.full_like(value, 0.25) for key, value in network.state_dict().items() if "tracked" not in key}
    wiener.fill(network, weights, "some")
    assert all((value == 0.25).all() for value in network.parameters())
    with pytest.raises(UserError, match=r"model some don't fit its network: 0\.bias\."):
        wiener.fill(network, {key: value for key, value in weights.items() if key != "0.bias"}, "some")
    with pytest.raises(UserError, match="another"):
        wiener.fill(network, weights | {"another": torch.zeros(1)}, "some")


def test_what_a_process_said_last_is_told(tmp_path) -> None:
    with pytest.raises(UserError, match=r"can't be opened on onnxruntime: .*no model 'nosuch'"):
        engine_opening.opening("onnxruntime", "nosuch", str(tmp_path))
