"""Whether a process or a device still gives signs of life."""

from __future__ import annotations

import time

STOOD_STILL = 1.0
"""Seconds between two looks after which it was the one who looks that gave no sign of life."""


class Heartbeat:
    """How long someone else has been silent, by a number that they count up."""

    def __init__(self) -> None:
        self._looked_at = 0.0
        self.begin()

    def begin(self) -> None:
        """Give them their time anew."""
        self._beat = -1
        self._beat_at = time.monotonic()

    def silent_for(self, beat: int) -> float:
        """Seconds since the number changed, or since the beginning.

        Args:
            beat: The number as it is now, 0 or more.
        """
        now = time.monotonic()
        # Where nobody looked meanwhile, the whole machine may have slept.
        if beat != self._beat or now - self._looked_at > STOOD_STILL:
            self._beat, self._beat_at = beat, now
        self._looked_at = now
        return now - self._beat_at
