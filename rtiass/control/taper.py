"""The musical taper: where on a fader's way a level lies.

Half of the way belongs to the 24 dB around unity, where faders are ridden; unity is at three quarters, and the quiet
end is passed through quickly. The bottom is off.
"""

from __future__ import annotations

import math

OFF_DB = -60.0
"""The bottom of every fader: at or below it nothing is heard, as with minus infinity."""

TOP_DB = 12.0

_POSITIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
_LEVELS = (OFF_DB, -30.0, -12.0, 0.0, TOP_DB)


def decibels(gain: float) -> float:
    """Linear gain in dB; minus infinity for 0."""
    return 20.0 * math.log10(gain) if gain > 0.0 else -math.inf


def linear(level: float) -> float:
    """Linear gain of a level in dB; at ``OFF_DB`` and below 0."""
    return 0.0 if level <= OFF_DB else 10.0 ** (level / 20.0)


def level_at(position: float) -> float:
    """Level in dB at a position 0..1 of the fader; positions outside count as the ends."""
    return _between(position, _POSITIONS, _LEVELS)


def position_of(level: float) -> float:
    """Position 0..1 of a level in dB; levels outside count as the ends."""
    return _between(level, _LEVELS, _POSITIONS)


def _between(value: float, known: tuple[float, ...], wanted: tuple[float, ...]) -> float:
    """Linear interpolation that meets every given point exactly."""
    if value <= known[0]:
        return wanted[0]
    for index in range(1, len(known)):
        if value <= known[index]:
            below = known[index] - value
            slope = (wanted[index] - wanted[index - 1]) / (known[index] - known[index - 1])
            return max(wanted[index - 1], wanted[index] - below * slope)
    return wanted[-1]
