"""An engine session that is exchanged for another one while it runs, without a seam.

The thread that plays keeps the last frames' magnitudes in a ring. Another thread runs the new session over them until
it has nearly caught up, and leaves it as an offer: one attribute, set once, so nobody waits for anybody. The thread
that plays makes up the last frame or two, runs both sessions through a cross-fade, and goes on with the new one; the
old one rests and takes over again if the new one fails.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rtiass.engine import EngineSession
from rtiass.stft import BINS

Result = tuple[NDArray[np.float32], NDArray[np.float32]]

KEPT = 512
"""Frames kept in the ring: in the slowest modes twelve seconds, which is longer than a network remembers."""

MARGIN = 128
"""Of these, those that a session which is being warmed up may be late by."""

FADE = 0.25
"""Seconds of the cross-fade from the old session's masks to the new one's."""

AT_ONCE = 2
"""Frames that the thread that plays makes up by itself, beside the present one."""

BREATH = 0.125
"""Pause after each step of warming up, as a share of the step: it may have the precedence of real time."""

TRIES = 3
"""How often a session that the present has run away from may begin with newer history."""

WAITING, TAKEN, LATE, FAILED = "waiting", "taken", "late", "failed"


class Event(NamedTuple):
    """What happened.

    Attributes:
        heard: Name of the engine that is heard from then on.
        failed: Name of the engine that failed; empty if all went as planned.
        reason: Why it failed.
    """

    heard: str
    failed: str = ""
    reason: str = ""


class Offer:
    """A session that is warmed up, on its way to the thread that plays.

    Attributes:
        name: The engine's name.
        session: The session.
        generation: Counts resets; the offer holds for this one.
        done: Frames since that reset that it has seen.
        answer: What became of the offer.
    """

    __slots__ = ("answer", "done", "generation", "name", "session")

    def __init__(self, name: str, session: EngineSession, generation: int, done: int) -> None:
        self.name, self.session, self.generation, self.done = name, session, generation, done
        self.answer = WAITING


class Handover:
    """Plays one session until another one is offered; itself a session.

    ``step``, ``reset`` and ``retime`` belong to the thread that plays, ``warm_up`` to another one.

    Attributes:
        name: Name of the engine that is heard; of two in a cross-fade the old one's.
        events: What happened. Only ever appended to.
    """

    def __init__(
        self, session: EngineSession, name: str, stems: int, *, patience: int = AT_ONCE, kept: int = KEPT,
        margin: int = MARGIN, bins: int = BINS,
    ) -> None:  # fmt: skip
        """Take over a session that is about to play.

        Args:
            session: Open and reset.
            name: Its engine's name.
            stems: Number of stems.
            patience: Frames that ``step`` makes up at once; as many as there are where the sound can wait.
            kept: Frames in the ring.
            margin: Of these, those that warming up may be late by.
            bins: Number of frequency bins.
        """
        self.name = name
        self.events: list[Event] = []
        self._playing = session
        self._coming: EngineSession | None = None
        self._coming_name = ""
        self._spare: EngineSession | None = None
        self._spare_name = ""
        self._broken: EngineSession | None = None
        self._offer: Offer | None = None
        self._patience, self._margin = patience, margin
        self._ring = np.empty((kept, 2, bins), np.float32)
        self._ring.fill(0.0)  # now rather than page by page while playing
        self._count = 0
        self._generation = 0
        self._rate = 1.0
        self._progress = 0.0
        self._masks = np.zeros((stems, bins), np.float32)
        self._activity = np.zeros(stems, np.float32)

    @property
    def fading(self) -> bool:
        """Two sessions run, and what is heard is on its way from one to the other."""
        return self._coming is not None

    # The thread that plays

    def retime(self, seconds: float) -> None:
        """Set the time from step to step; a cross-fade goes on at that pace."""
        self._rate = seconds / FADE

    def step(self, magnitude: NDArray[np.float32]) -> Result:
        """Advance by one frame; see ``rtiass.engine.EngineSession``."""
        # First the frame, then the count: who reads the count finds the frame whole.
        np.copyto(self._ring[self._count % len(self._ring)], magnitude)
        self._count += 1
        if self._offer is not None:
            self._consider()
        if self._coming is not None:
            return self._fade(self._coming, magnitude)
        if self._spare is not None:
            return self._guarded(self._spare, magnitude)
        return self._playing.step(magnitude)

    def reset(self) -> None:
        """Forget all states: the next step is the first. A cross-fade is over with it."""
        # In this order: who finds the count at 0 finds that it is of another generation.
        self._generation += 1
        self._count = 0
        if self._coming is not None:
            self._arrive()
        try:
            self._playing.reset()
        except Exception as error:
            if self._spare is None:
                raise
            self._return_to(self._spare, error)

    def close(self) -> None:
        """Close all sessions that are held."""
        for session in (self._playing, self._coming, self._spare, self._broken):
            if session is not None:
                session.close()

    def _consider(self) -> None:
        """Take what is offered, unless it holds no more."""
        offer, self._offer = self._offer, None
        assert offer is not None
        if offer.generation != self._generation or self._count - 1 - offer.done > self._patience:
            offer.answer = LATE
            return
        try:
            self._make_up(offer.session, offer.done)
        except Exception as error:
            offer.answer = FAILED
            self._give_up(offer.name, offer.session, error)
            return
        offer.answer = TAKEN
        self._coming, self._coming_name, self._progress = offer.session, offer.name, 0.0

    def _make_up(self, session: EngineSession, done: int) -> None:
        """Run a session over what it has not seen, up to the frame before the present one."""
        for at in range(done, self._count - 1):
            session.step(self._ring[at % len(self._ring)])

    def _fade(self, coming: EngineSession, magnitude: NDArray[np.float32]) -> Result:
        try:
            masks, activity = self._playing.step(magnitude)
        except Exception as error:
            # No need to fade out what has failed.
            self._arrive(_reason(error))
            assert self._spare is not None
            return self._guarded(self._spare, magnitude)
        try:
            new_masks, new_activity = _checked(coming.step(magnitude))
        except Exception as error:
            self._coming = None
            self._give_up(self._coming_name, coming, error)
            return masks, activity
        self._progress = min(1.0, self._progress + self._rate)
        weight = 0.5 - 0.5 * math.cos(math.pi * self._progress)
        _blend(masks, new_masks, weight, self._masks)
        _blend(activity, new_activity, weight, self._activity)
        if self._progress >= 1.0:
            self._arrive()
        return self._masks, self._activity

    def _arrive(self, failure: str = "") -> None:
        """The new session plays alone; the old one rests, or failed."""
        assert self._coming is not None
        self._spare, self._spare_name = self._playing, self.name
        self._playing, self.name, self._coming = self._coming, self._coming_name, None
        self.events.append(Event(self.name, self._spare_name if failure else "", failure))

    def _guarded(self, spare: EngineSession, magnitude: NDArray[np.float32]) -> Result:
        """Step the new session; if it fails, the spare one."""
        try:
            return _checked(self._playing.step(magnitude))
        except Exception as error:
            self._return_to(spare, error)
        return self._playing.step(magnitude)

    def _return_to(self, spare: EngineSession, error: Exception) -> None:
        """Play the spare session again, anew but for the frames that can be made up at once."""
        # Not closed here: that may take long, or hang.
        self._broken, failed = self._playing, self.name
        self._playing, self.name, self._spare = spare, self._spare_name, None
        self.events.append(Event(self.name, failed, _reason(error)))
        spare.reset()
        self._make_up(spare, max(0, self._count - 1 - self._patience))

    def _give_up(self, name: str, session: EngineSession, error: Exception) -> None:
        self._broken = session
        self.events.append(Event(self.name, name, _reason(error)))

    # Another thread

    def warm_up(
        self, name: str, session: EngineSession, *, alive: Callable[[], bool] = lambda: True, pause: float = 0.002
    ) -> str:
        """Bring a session to where the one that plays is, and offer it until it is taken.

        Args:
            name: Its engine's name.
            session: Open and reset; from now on it belongs to this object if the answer is empty.
            alive: Called before every step and while an offer waits; once it says no, nothing is offered any more.
            pause: Seconds between two looks whether an offer was taken.

        Returns:
            Empty if it was taken; otherwise why not, as a part of a sentence.

        Raises:
            Exception: What the session raises.
        """
        tries = 0
        while alive():
            generation, count = self._generation, self._count
            done = max(0, count - (len(self._ring) - self._margin))
            while generation == self._generation and alive():
                if self._count - done > self._patience:
                    begun = time.perf_counter()
                    _checked(session.step(self._ring[done % len(self._ring)]))
                    done += 1
                    time.sleep(BREATH * (time.perf_counter() - begun))
                    if self._count - done < len(self._ring) - 1 or generation != self._generation:
                        continue
                    # What it has just been given may have been half of one frame and half of another.
                    tries += 1
                    break
                if self._put(Offer(name, session, generation, done), alive, pause) in (TAKEN, FAILED):
                    return ""
            if tries >= TRIES:
                return "it does not keep up with the sound"
            session.reset()
        return "it took too long"

    def _put(self, offer: Offer, alive: Callable[[], bool], pause: float) -> str:
        """Offer a session and wait for the answer, however long no frame comes."""
        self._offer = offer
        while offer.answer == WAITING:
            time.sleep(pause)
            alive()
        return offer.answer


def _blend(old: NDArray[np.float32], new: NDArray[np.float32], weight: float, out: NDArray[np.float32]) -> None:
    """Convex; exactly the old where both agree."""
    np.subtract(new, old, out=out)
    np.multiply(out, np.float32(weight), out=out)
    np.add(out, old, out=out)


def _checked(result: Result) -> Result:
    """The same; raises if it is no number. A sum tells, without an array of its own."""
    masks, activity = result
    if not (math.isfinite(float(masks.sum())) and math.isfinite(float(activity.sum()))):
        raise ArithmeticError("its masks are no finite numbers")
    return result


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
