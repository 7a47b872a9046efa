"""What comes of faders, mutes and solos: one gain for every stem on every bus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rtiass.control.parameter import Value
from rtiass.control.taper import linear
from rtiass.errors import UserError
from rtiass.mixer import MAX_GAIN


def parse_level(text: str) -> float:
    """Understand a level: ``-12`` or ``-12dB`` in decibels, ``25%`` as a factor, ``off``.

    Returns:
        Linear gain, 0..16.

    Raises:
        UserError: It isn't a level.
    """
    plain = text.strip().lower()
    if plain in ("off", "mute", "-inf"):
        return 0.0
    try:
        gain = float(plain[:-1]) / 100.0 if plain.endswith("%") else linear(float(plain.removesuffix("db")))
    except (ValueError, OverflowError):
        gain = math.nan
    if not 0.0 <= gain <= MAX_GAIN:
        raise UserError(f"'{text}' is not a level. Write decibels up to 24 as in -12, a share as in 25%, or off.")
    return gain


def heard(values: Mapping[str, Value], stem: str, stems: Sequence[str]) -> float:
    """Linear gain of a stem's fader after mute and solo.

    Args:
        values: Values of the control state by path.
        stem: Stem name.
        stems: All stems: while any is soloed, the others are silent.
    """
    soloed = any(values[f"/stem/{name}/solo"] for name in stems)
    if values[f"/stem/{stem}/mute"] or (soloed and not values[f"/stem/{stem}/solo"]):
        return 0.0
    return linear(float(values[f"/stem/{stem}/gain"]))


def gain_matrix(
    values: Mapping[str, Value], stems: Sequence[str], buses: Sequence[str],
    further: Mapping[str, Mapping[str, float]] | None = None,
) -> NDArray[np.float32]:  # fmt: skip
    """All gains of a control state: stem faders, mutes and solos, offsets on the buses, bus faders and mutes.

    Args:
        values: Values by path.
        stems: Stem names in the network's order.
        buses: Bus names.
        further: Buses behind them that follow the stem faders alone, with their linear gains by stem.

    Returns:
        Shape (all buses, stems) float32, linear, 0..16.
    """
    faders = [heard(values, stem, stems) for stem in stems]
    further = further or {}
    gains = np.zeros((len(buses) + len(further), len(stems)), np.float32)
    for row, shares in zip(gains[len(buses) :], further.values(), strict=True):
        row[:] = [fader * shares.get(stem, 0.0) for fader, stem in zip(faders, stems, strict=True)]
    for row, bus in zip(gains, buses, strict=False):
        if not values[f"/bus/{bus}/mute"]:
            whole = linear(float(values[f"/bus/{bus}/gain"]))
            offsets = [linear(float(values[f"/bus/{bus}/stem/{stem}/gain"])) for stem in stems]
            row[:] = [whole * fader * offset for fader, offset in zip(faders, offsets, strict=True)]
    # Three faders at their top make more than the mixer takes.
    return np.minimum(gains, np.float32(MAX_GAIN))
