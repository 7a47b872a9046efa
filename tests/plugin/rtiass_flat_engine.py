"""An inference engine that gives every stem the same share; it shows what a plug-in needs and can be made to stall.

``RTIASS_TEST_STALL="100:1.5,400:0.3"`` makes network step 100 take 1.5 s longer and step 400 0.3 s. Steps count from 0,
anew after each reset.
"""

from __future__ import annotations

import os
import time

import numpy as np
from numpy.typing import NDArray

from rtiass.bundle import Bundle
from rtiass.engine import Probe


class FlatSession:
    """Equal masks, everything active."""

    def __init__(self, stems: int, bins: int) -> None:
        self._masks = np.full((stems, bins), 1.0 / stems, np.float32)
        self._activity = np.ones(stems, np.float32)
        entries = [e.split(":") for e in os.environ.get("RTIASS_TEST_STALL", "").split(",") if e]
        self._stalls = {int(step): float(seconds) for step, seconds in entries}
        self._steps = 0

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Advance by one frame."""
        time.sleep(self._stalls.get(self._steps, 0.0))
        self._steps += 1
        return self._masks, self._activity

    def reset(self) -> None:
        """Count steps from 0 again."""
        self._steps = 0

    def close(self) -> None:
        """There is nothing to free."""


class FlatEngine:
    """The engine ``flat``."""

    name = "flat"

    def probe(self) -> Probe:
        """It runs anywhere."""
        return Probe(True, "equal shares for all stems")

    def open(self, bundle: Bundle, *, threads: int | None = None) -> FlatSession:
        """Open a bundle, of which only the stems matter."""
        return FlatSession(len(bundle.stems), bundle.bins)
