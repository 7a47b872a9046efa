"""A switch with two thresholds: what hovers at one of them does not flicker."""

from __future__ import annotations

import math


class Hysteresis:
    """Tells when a value has become active and when it no longer is.

    Attributes:
        active: The present state; it begins inactive.
        since: Time of the last change in seconds; minus infinity before the first.
    """

    def __init__(self, on: float = 0.6, off: float = 0.4, hold: float = 0.0) -> None:
        """Make an inactive switch.

        Args:
            on: From this value on it becomes active.
            off: Below this it no longer is; at most ``on``.
            hold: Least seconds between two changes, 0 or more.

        Raises:
            ValueError: The thresholds are not in order, or not numbers.
        """
        if not (math.isfinite(on) and math.isfinite(off) and off <= on):
            raise ValueError(f"off ({off}) has to be at most on ({on})")
        if not (math.isfinite(hold) and hold >= 0.0):
            raise ValueError(f"hold ({hold}) has to be 0 seconds or more")
        self.on, self.off, self.hold = on, off, hold
        self.active = False
        self.since = -math.inf

    def step(self, value: float, now: float) -> bool | None:
        """Take a value.

        Args:
            value: Any number; what is not a number changes nothing.
            now: Its time in seconds. Where time went backwards (a new start of the host), nothing is held back.

        Returns:
            The new state where it changed, otherwise None.
        """
        if math.isnan(value):
            return None
        wanted = value >= self.on if not self.active else value >= self.off
        if wanted == self.active or 0.0 <= now - self.since < self.hold:
            return None
        self.active, self.since = wanted, now
        return wanted
