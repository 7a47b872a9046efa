"""Sessions to hand over to each other, and runs of them, for the tests of the hand-over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from fake_engine import FakeSession
from numpy.typing import NDArray

from rtiass.live.handover import Handover

BINS = 65
STEMS = 4
PERIOD = 0.05
"""Seconds from step to step: a cross-fade takes five."""


class Session(FakeSession):
    """The fake session, small; it fails on command. ``gain`` makes the masks those of another network."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__(STEMS, BINS)
        self._tilt *= np.float32(gain)
        self.fault = ""
        self.resets = 0
        self.seen: list[float] = []

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if self.fault == "raise":
            raise RuntimeError("broken on command")
        self.seen.append(float(magnitude[0, 0]))
        masks, activity = super().step(magnitude)
        if self.fault == "nan":
            masks[1, 7] = np.nan
        return masks, activity

    def reset(self) -> None:
        if self.fault == "raise":
            raise RuntimeError("broken on command")
        super().reset()
        self.resets += 1
        self.seen.clear()


class Held(Session):
    """Every step waits for permission."""

    def __init__(self) -> None:
        super().__init__()
        self.allowed = threading.Semaphore(0)

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.allowed.acquire()
        return super().step(magnitude)


def frame(number: int) -> NDArray[np.float32]:
    """A frame that tells its number."""
    values = np.abs(np.random.default_rng(number).standard_normal((2, BINS))).astype(np.float32)
    values[0, 0] = number
    return values


def make(session: Session, **settings: Any) -> Handover:
    made = Handover(session, "old", STEMS, bins=BINS, **settings)
    made.retime(PERIOD)
    return made


class WarmUp(threading.Thread):
    """Warms a session up beside the test."""

    def __init__(self, handover: Handover, session: Session) -> None:
        super().__init__(daemon=True)
        self.handover, self.session = handover, session
        self.reason: str | None = None
        self.error: Exception | None = None
        self.given_up = False
        self.start()

    def run(self) -> None:
        try:
            alive = lambda: not self.given_up  # noqa: E731
            self.reason = self.handover.warm_up("new", self.session, alive=alive, pause=0.0005)
        except Exception as error:
            self.error = error

    def offered(self) -> None:
        """Wait until the session is offered; where steps go on meanwhile, it may have been taken up already."""
        made = self.handover
        wait_for(lambda: made._offer is not None or made.fading or made.name == "new")


def wait_for(condition: Callable[[], Any]) -> None:
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.0005)


def play(handover: Any, numbers: range) -> NDArray[np.float32]:
    """Masks of some frames, shape (frames, stems, bins)."""
    return np.stack([handover.step(frame(number))[0].copy() for number in numbers])


def fading(old: Session, new: Session, before: int = 20) -> Handover:
    """A hand-over in the middle of its cross-fade."""
    handover = make(old)
    play(handover, range(1, before))
    warm = WarmUp(handover, new)
    warm.offered()
    play(handover, range(before, before + 2))
    warm.join(10)
    assert handover.fading and warm.reason == ""
    return handover
