"""How fast training runs, and how fast the machine could."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from offline_train.network import StreamingNetwork, count_macs

TRAINING = 3
"""A step costs about three forward passes: forward, and the gradients of activations and of weights."""


def matrix_rate(
    device: torch.device, seconds: float = 0.3, size: int = 1024, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Fastest float32 matrix product of a device with its current threads.

    Args:
        device: Where to multiply.
        seconds: How long to try.
        size: Rows and columns.
        clock: Seconds.

    Returns:
        Floating-point operations per second, a multiply-accumulate being two.
    """
    a = torch.full((size, size), 0.5, device=device)  # not random: a resumed run must find the generator as it was
    out = torch.empty_like(a)

    def once() -> float:
        start = clock()
        torch.mm(a, a, out=out)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return clock() - start

    once()
    end, best = clock() + seconds, float("inf")
    while clock() < end:
        best = min(best, once())
    return 2 * size**3 / max(best, 1e-9)


def step_operations(network: StreamingNetwork) -> float:
    """Floating-point operations that a training step spends on one frame of one example."""
    return 2.0 * TRAINING * count_macs(network)
