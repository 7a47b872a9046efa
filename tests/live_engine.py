"""An engine plug-in for tests of the live host: the fake session, with stalls and failures on command.

``RTIASS_TEST_STALL="100:1.5,400:0.3"`` makes step 100 last 1.5 s and step 400 0.3 s; the steps of the trial at the start
do not count. ``RTIASS_TEST_BAD="nan:100:20,raise:200:9"`` makes 20 steps from the 100th on give no numbers, and 9
fail from the 200th on. ``RTIASS_TEST_FLAT=1`` gives equal masks. ``RTIASS_TEST_FAULT=FILE`` makes the audio thread fail once, as soon
as the file is there; it takes the file away.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from fake_engine import FakeSession, FixedSession
from numpy.typing import NDArray

from rtiass.engine import Probe


class _Stalling:
    def __init__(self, inner: Any) -> None:
        self._inner = inner
        entries = [e.split(":") for e in os.environ.get("RTIASS_TEST_STALL", "").split(",") if e]
        self._stalls = {int(frame): float(seconds) for frame, seconds in entries}
        bad = [e.split(":") for e in os.environ.get("RTIASS_TEST_BAD", "").split(",") if e]
        self._bad = [(kind, range(int(first), int(first) + int(count))) for kind, first, count in bad]
        self._steps = 0
        self._resets = 0

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        # Resets: after the trial, at the separator's start and after its warming up.
        if self._resets >= 3 and self._inner.steps in self._stalls:
            time.sleep(self._stalls[self._inner.steps])
        # Counted here: the host begins the session anew after a step without numbers.
        self._steps += self._resets >= 3
        for kind in (kind for kind, steps in self._bad if self._steps in steps):
            if kind == "raise":
                raise RuntimeError("broken on command")
            masks, activity = self._inner.step(magnitude)
            return np.full_like(masks, np.nan), activity
        return self._inner.step(magnitude)  # type: ignore[no-any-return]

    def reset(self) -> None:
        self._resets += 1
        self._inner.reset()

    def close(self) -> None:
        pass


def _make_audio_thread_fail(order: Path) -> None:
    from rtiass.live.audioloop import AudioLoop

    turn = AudioLoop._turn

    def failing(loop: AudioLoop) -> None:
        if order.exists():
            order.unlink()
            raise RuntimeError("broken on command")
        turn(loop)

    AudioLoop._turn = failing  # type: ignore[method-assign]


class LiveTestEngine:
    name = "livetest"
    for_comparison = True  # not to be measured beside a show that asks for no engine

    def probe(self) -> Probe:
        return Probe(True, "for tests")

    def open(self, bundle: Any, *, threads: int | None = None) -> _Stalling:
        if os.environ.get("RTIASS_TEST_FAULT"):
            _make_audio_thread_fail(Path(os.environ["RTIASS_TEST_FAULT"]))
        return _Stalling(FixedSession() if os.environ.get("RTIASS_TEST_FLAT") else FakeSession())
