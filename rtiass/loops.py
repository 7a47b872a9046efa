"""Small loops of a hop that would be many passes in numpy: behind the network every pass finds the caches cold."""

from __future__ import annotations

from typing import Any

import numpy as np

from rtiass.compiling import kernel

LOUDEST = np.float32(64.0)
"""36 dB over full scale is no music; the square of a spectrum must stay far from overflow."""

FAINTEST = np.float32(1e-20)
"""Denormal numbers slow the transforms down a hundredfold and are 400 dB below hearing."""

_LARGEST = np.finfo(np.float32).max


@kernel
def take_in(block: Any, ring: Any, start: int) -> None:
    """Write samples into a ring twice, a ring length apart; 0 for what is not finite, and what is absurd is limited.

    Args:
        block: Shape (n, channels) float32.
        ring: Shape (channels, 2 * length) float32.
        start: Where to begin, 0 <= start < length.
    """
    channels, length = len(ring), ring.shape[1] // 2
    for channel in range(channels):
        at = start
        for i in range(len(block)):
            value = block[i, channel]
            size = abs(value)
            if not FAINTEST <= size <= _LARGEST:
                value = np.float32(0.0)
            value = min(max(value, -LOUDEST), LOUDEST)
            ring[channel, at] = value
            ring[channel, at + length] = value
            at += 1
            if at == length:
                at = 0


@kernel
def keep_finite(masks: Any, activity: Any, masks_out: Any, activity_out: Any) -> bool:
    """Copy a step's answer if all of it is finite; else leave what is there and return False.

    Args:
        masks: Shape (stems, bins) float32.
        activity: Shape (stems,) float32.
        masks_out: As ``masks``.
        activity_out: As ``activity``.
    """
    bad = 0
    for stem in range(len(masks)):
        bad += not abs(activity[stem]) <= _LARGEST
        for k in range(masks.shape[1]):
            bad += not abs(masks[stem, k]) <= _LARGEST
    if bad:
        return False
    for stem in range(len(masks)):
        activity_out[stem] = activity[stem]
        for k in range(masks.shape[1]):
            masks_out[stem, k] = masks[stem, k]
    return True


@kernel
def mix(gains: Any, weights: Any, masks: Any, out: Any) -> None:
    """One mask a bus: ``g_other + sum_i (g_i - g_other) * weight_i * mask_i`` over all stems but the last.

    Args:
        gains: Shape (buses, stems) float32.
        weights: Gate weights, shape (stems,) float32.
        masks: Shape (stems, bins) float32.
        out: Shape (buses, bins) float32, overwritten.
    """
    last = len(masks) - 1
    for bus in range(len(out)):
        to, rest = out[bus], gains[bus, last]
        to[:] = rest
        for stem in range(last):
            factor, of = (gains[bus, stem] - rest) * weights[stem], masks[stem]
            if factor != 0.0:
                for k in range(len(to)):
                    to[k] += factor * of[k]


@kernel
def give_out(total: Any, ready: Any) -> None:
    """Take the first hop of what was overlap-added, move the rest up, and go on with silence.

    Args:
        total: Shape (buses, channels, L) float32.
        ready: Shape (buses, channels, hop) float32, overwritten.
    """
    buses, channels, hop = ready.shape
    rest = total.shape[2] - hop
    for bus in range(buses):
        for channel in range(channels):
            line = total[bus, channel]
            for i in range(hop):
                ready[bus, channel, i] = line[i]
            for i in range(rest):
                line[i] = line[i + hop]
            for i in range(hop):
                line[rest + i] = 0.0
