"""PyTorch takes only weights that fit the network on the card, and says in words what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from networks import exported
from safetensors.torch import load, save

from engines.pytorch import PyTorchEngine
from rtiass.bundle import Bundle, BundleError


@pytest.fixture
def bundle() -> Bundle:
    return exported("small")[1]


def refusal(bundle: Bundle) -> str:
    with pytest.raises(BundleError) as caught:
        PyTorchEngine().open(bundle)
    return str(caught.value)


def with_network(bundle: Bundle, **values: Any) -> Bundle:
    return replace(bundle, card={**bundle.card, "network": {**bundle.card["network"], **values}})


def test_no_weights(bundle: Bundle) -> None:
    assert "--engine onnxruntime" in refusal(replace(bundle, _weights=None))


def test_no_network_on_the_card(bundle: Bundle) -> None:
    assert "network" in refusal(replace(bundle, card={}))


def test_damaged_weights(bundle: Bundle) -> None:
    assert "don't fit" in refusal(replace(bundle, _weights=b"\xff" * 64))


def test_what_a_card_says_is_told_in_short_and_cannot_steer_a_terminal(bundle: Bundle) -> None:
    told = refusal(with_network(bundle, kind="\x1b[31m" + "long " * 1000))
    assert told.isprintable() and len(told) < 500


def test_a_missing_tensor(bundle: Bundle) -> None:
    weights = load(bundle.weights_bytes() or b"")
    del weights["mean"]
    assert "'mean'" in refusal(replace(bundle, _weights=save(weights)))


def test_a_tensor_of_another_type(bundle: Bundle) -> None:
    weights = load(bundle.weights_bytes() or b"")
    weights["mean"] = weights["mean"].to(torch.float64)
    assert "'mean'" in refusal(replace(bundle, _weights=save(weights)))


@pytest.mark.parametrize(
    "values",
    [{"kind": "unknown"}, {"surprise": 1}, {"hidden": 32}, {"channels": "wide"}, {"channels": [8, 8]}],
    ids=str,
)
def test_a_card_of_another_network(bundle: Bundle, values: dict[str, Any]) -> None:
    assert "don't fit the network on its card" in refusal(with_network(bundle, **values))


def test_a_card_that_asks_for_an_enormous_network_costs_no_memory(bundle: Bundle) -> None:
    assert "tensors differ" in refusal(with_network(bundle, hidden=10_000_000))


def test_a_card_with_another_lookahead(bundle: Bundle) -> None:
    assert "lookahead" in refusal(replace(bundle, lookahead=3))
