"""Scenes that glide: levels and numbers move along their faders, fifty times a second, until they are there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rtiass.control.control import Change, Control
from rtiass.control.parameter import Value

SOURCE = "scene"
"""What moves here bears this source; a change from anywhere else is the performer's hand."""

STEP = 0.02
"""Seconds between two steps. Gains are ramped over 30 ms, so nothing is heard of the steps."""


@dataclass(frozen=True)
class _Way:
    """From one position to another; a parameter that can't glide is set at the half."""

    begin: float
    end: float
    target: Value
    glides: bool


class Morph:
    """Moves parameters over time in a thread of its own, which sleeps while nothing moves.

    Where the performer takes hold of a parameter meanwhile, that one stays with the hand. A newer morph ends the one
    before; what that one had not finished, and the newer one does not name, stays where it is.
    """

    def __init__(self, control: Control, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing moves yet.

        Args:
            control: What is moved.
            clock: Seconds.
        """
        self._control = control
        self._clock = clock
        self._ways: dict[str, _Way] = {}
        self._taken: dict[str, Change] = {}
        self._begun = 0.0
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._work = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._unsubscribe = control.subscribe(self._hear)

    @property
    def moving(self) -> bool:
        """Something is on its way."""
        return bool(self._ways)

    def start(self, values: Mapping[str, Value], seconds: float) -> None:
        """Go to values; at once if the time is 0.

        Args:
            values: Checked values by path.
            seconds: Time of the way.
        """
        if seconds <= 0.0:
            with self._lock:
                self._ways = {}
            self._control.set_many(values, SOURCE)
            return
        ways = {}
        for path, target in values.items():
            parameter = self._control.parameter(path)
            if parameter.kind in ("level", "number"):
                begin, end = self._control.position(path), parameter.position(target)
                ways[path] = _Way(begin, end, target, True)
            else:
                ways[path] = _Way(0.0, 0.0, target, False)
        with self._lock:
            self._ways = ways
            self._begun, self._seconds = self._clock(), seconds
        self._work.set()

    def run(self) -> None:
        """Start the thread; without it ``step`` is called by whoever has the clock."""
        self._thread = threading.Thread(target=self._follow, name="rtiass-morph", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; what moves stays where it is."""
        self._closing = True
        self._work.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2.0)
        self._unsubscribe()

    def step(self) -> None:
        """Move everything to where it is to be now."""
        with self._lock:
            if not self._ways:
                return
            done = min(1.0, max(0.0, (self._clock() - self._begun) / self._seconds))
            values: dict[str, Value] = {}
            for path, way in list(self._ways.items()):
                if done >= 1.0 or (not way.glides and done >= 0.5):
                    values[path] = way.target
                    del self._ways[path]
                elif way.glides:
                    values[path] = self._control.parameter(path).at(way.begin + done * (way.end - way.begin))
            self._taken = {}
        # Not under the lock: listeners may wait for locks of their own, which a hand's thread may hold.
        self._control.set_many(values, SOURCE)
        with self._lock:
            taken = {path: self._taken[path] for path in values if path in self._taken}
        # The hand came between: it is right.
        for path, change in taken.items():
            self._control.set(path, change.value, change.source)

    def _hear(self, change: Change) -> None:
        if change.source == SOURCE or not (self._ways or self._taken):
            return
        with self._lock:
            if self._ways.pop(change.path, None) is not None or change.path in self._taken:
                self._taken[change.path] = change

    def _follow(self) -> None:
        while not self._closing:
            self._work.wait()
            self._work.clear()
            while self._ways and not self._closing:
                self.step()
                time.sleep(STEP)
