"""Brings another engine into what plays: opened, tried and warmed up in a thread of its own, then handed over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rtiass.bundle import Bundle
from rtiass.engine import EngineSession, load_engine, open_checked
from rtiass.errors import UserError
from rtiass.live.handover import Event, Handover

ANSWER_WITHIN = 60.0
"""Seconds without a step after which an engine that is opened or warmed up counts as hanging."""

TRIALS = 3


class EngineChange(threading.Thread):
    """Opens an engine and offers it to what plays.

    Attributes:
        engine: The engine's name.
        step_time: Seconds that nearly every step kept in the trial; 0 before it.
        fault: Why the engine does not take over, as a sentence; empty while that is not known.
    """

    def __init__(
        self, handover: Handover, name: str, bundle: Bundle, *, attempt: Callable[[EngineSession], float],
        refuse: Callable[[str, float], str], on_start: Callable[[], object] = lambda: None,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:  # fmt: skip
        """Make it; it has to be started.

        Args:
            handover: What plays.
            name: Engine to change to.
            bundle: The model.
            attempt: Tries a session and gives the seconds that nearly every step keeps.
            refuse: Takes the engine's name and that figure; says why it is too slow, or nothing.
            on_start: Called in the thread first, to raise its priority: other programs must not hold it up while it
                has the interpreter's lock and the sound waits for that.
            answer_within: Seconds for a step, or for the opening.
        """
        super().__init__(name="rtiass-engine", daemon=True)
        self.engine = name
        self.step_time = 0.0
        self.fault = ""
        self._handover, self._bundle = handover, bundle
        self._attempt, self._refuse, self._answer_within = attempt, refuse, answer_within
        self._on_start = on_start
        self._moved_at = time.monotonic()
        self._given_up = False

    def run(self) -> None:
        """Open, try, warm up, offer."""
        self._on_start()
        session: EngineSession | None = None
        try:
            # Only what is compiled: to compile here would hold up the sound.
            session = open_checked(load_engine(self.engine), self._bundle, 1, compiled_only=True)
            self._alive()
            reason = self._try(session)
            if not reason:
                reason = self._handover.warm_up(self.engine, session, alive=self._alive)
                if not reason:
                    return
        except UserError as error:
            reason = str(error)
        except Exception as error:  # an engine of somebody else may fail in any way
            reason = f"it failed ({type(error).__name__}: {error})"
        self._end(reason)
        if session is not None:
            session.close()

    def _try(self, session: EngineSession) -> str:
        """Why it is too slow, if it is each time that it is tried: what else the machine does only makes it slower."""
        figures: list[float] = []
        reason = ""
        for _ in range(TRIALS):
            figures.append(self._attempt(session))
            self._alive()
            self.step_time = min(figures)
            reason = self._refuse(self.engine, self.step_time)
            if not reason:
                break
        return reason

    def look(self) -> None:
        """Give up an engine that hangs; call it now and then, from another thread."""
        if self.is_alive() and not self._given_up and time.monotonic() - self._moved_at > self._answer_within:
            self._given_up = True
            self._end("it does not answer")

    def _end(self, reason: str) -> None:
        # What an engine that was given up says later is no news.
        if not self.fault:
            self.fault = f"{self.engine} does not take over: {reason.rstrip('.')}. {self._handover.name} goes on."

    def _alive(self) -> bool:
        self._moved_at = time.monotonic()
        return not self._given_up


def told(event: Event, figures: dict[str, float], clock: str) -> str:
    """An event of a hand-over as a sentence.

    Args:
        event: The event.
        figures: By engine, seconds that nearly every step kept when it was tried.
        clock: The time of day.
    """
    if event.failed:
        return f"{event.failed} failed at {clock} ({event.reason}); {event.heard} plays."
    kept = [f"{name} {1000 * seconds:.2f} ms" for name, seconds in figures.items() if name != event.heard]
    others = f", {', '.join(kept)}" if kept else ""
    return f"{event.heard} took over at {clock}: it keeps {1000 * figures[event.heard]:.2f} ms a frame{others}."
