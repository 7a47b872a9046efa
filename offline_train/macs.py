"""Multiply-accumulates of a network, counted while it runs one frame."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from offline_train.streaming import StreamingNetwork


def count_macs(model: StreamingNetwork) -> int:
    """Return the multiply-accumulates of one frame: convolutions, dense layers and recurrent layers.

    Element-wise work (normalisation, activations, softmax) is not counted, as is usual.
    """
    total = 0

    def count(layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.ConvTranspose2d):
            total += inputs[0].numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Linear):
            total += output.numel() * layer.in_features
        elif isinstance(layer, nn.GRU):
            total += 3 * layer.hidden_size * (layer.input_size + layer.hidden_size)

    hooks = [layer.register_forward_hook(count) for layer in model.modules()]
    training = model.training
    try:
        with torch.no_grad():
            frame: Tensor = next(model.parameters()).new_zeros(1, 2, 1, 2049)
            model.eval()(frame, model.initial_state())
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return total
