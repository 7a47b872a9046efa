"""Stem faders, mutes and solos, and what comes of them: one gain for every stem on every bus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rtiass.errors import UserError
from rtiass.mixer import MAX_GAIN

FLOOR_DB = -60.0
"""A fader at or below this is shut."""


def decibels(gain: float) -> float:
    """Linear gain in dB; minus infinity for 0."""
    return 20.0 * math.log10(gain) if gain > 0.0 else -math.inf


def linear(level: float) -> float:
    """Linear gain of a level in dB; at ``FLOOR_DB`` and below 0."""
    return 0.0 if level <= FLOOR_DB else 10.0 ** (level / 20.0)


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


class Faders:
    """One fader for each stem, acting on all buses.

    Attributes:
        stems: Stem names.
        gains: Linear fader gains by stem.
        muted: Stems that are muted.
        soloed: Stems that are soloed; while there are any, all others are silent. Faders and mutes are kept meanwhile.
    """

    def __init__(self, stems: Sequence[str], buses: Mapping[str, Mapping[str, float]]) -> None:
        """Make faders at unity.

        Args:
            stems: Stem names in the network's order.
            buses: What of each stem each bus carries, linear.
        """
        self.stems = tuple(stems)
        self.gains = dict.fromkeys(self.stems, 1.0)
        self.muted: set[str] = set()
        self.soloed: set[str] = set()
        self._base = np.array([[gains.get(s, 0.0) for s in self.stems] for gains in buses.values()], np.float32)

    def set(self, stem: str, gain: float) -> None:
        """Move a fader to a linear gain; limited to 0..16.

        Raises:
            UserError: There is no such stem.
        """
        if stem not in self.gains:
            raise UserError(f"There is no stem '{stem}'. Stems: {', '.join(self.stems)}.")
        self.gains[stem] = min(max(gain, 0.0), MAX_GAIN)

    def nudge(self, stem: str, step: float) -> None:
        """Move a fader by so many dB; from shut it starts at the floor."""
        level = max(decibels(self.gains[stem]), FLOOR_DB) + step
        self.set(stem, linear(min(level, decibels(MAX_GAIN))))

    def heard(self, stem: str) -> float:
        """Gain of a stem after mute and solo."""
        if stem in self.muted or (self.soloed and stem not in self.soloed):
            return 0.0
        return self.gains[stem]

    def matrix(self) -> NDArray[np.float32]:
        """All gains, shape (buses, stems) float32."""
        return self._base * np.array([self.heard(s) for s in self.stems], np.float32)
