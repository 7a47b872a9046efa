"""The MIDI clock: where beats and bars are, how fast it goes, and presses that wait for them."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable

from rtiass.control.midi.messages import CLOCK, CONTINUE, POSITION, START, STOP, Message

TICKS = 24
"""Clock messages in a quarter note (MIDI 1.0 Detailed Specification, 2)."""

SONG_UNIT = 6
"""Ticks in a unit of the song position."""

SILENT = 0.5
"""Seconds without a tick after which the clock counts as gone: slower than 5 beats a minute is none."""

_MOST_WAITING = 1000

Waiting = tuple[int, str, Callable[[], None]]
"""Tick that is waited for, ``beat`` or ``bar``, and what is done then."""


class Clock:
    """Follows clock, start, continue, stop and song position.

    Only between start or continue and stop is it known where a beat is: until then nothing waits.

    Attributes:
        running: Between start and stop.
        tick: Ticks since the start of the song; -1 before the first.
    """

    def __init__(self, beats_per_bar: int = 4) -> None:
        self.running = False
        self.tick = -1
        self._bar = TICKS * beats_per_bar
        self._at = 0.0
        self._intervals: deque[float] = deque(maxlen=TICKS)

    def feed(self, message: Message, now: float) -> bool:
        """Take a message of time ``now`` (seconds). Returns whether the place in the song has jumped."""
        if message.kind == CLOCK:
            if 0.0 < now - self._at < SILENT:
                self._intervals.append(now - self._at)
            else:
                self._intervals.clear()
            self._at = now
            if self.running:
                self.tick += 1
        elif message.kind == START:
            self.running, self.tick, self._at = True, -1, now
            return True
        elif message.kind == CONTINUE:
            self.running, self._at = True, now
        elif message.kind == STOP:
            self.running = False
        elif message.kind == POSITION:
            # The next tick is the one that is named.
            self.tick = message.value * SONG_UNIT - 1
            return True
        return False

    @property
    def interval(self) -> float:
        """Seconds between two ticks, the median of the last beat; 0 while unknown."""
        return statistics.median(self._intervals) if self._intervals else 0.0

    @property
    def tempo(self) -> float:
        """Beats per minute; 0 while unknown."""
        return 60.0 / (TICKS * self.interval) if self.interval else 0.0

    def alive(self, now: float) -> bool:
        """There are beats to wait for."""
        return self.running and now - self._at < SILENT

    def next(self, unit: str) -> int:
        """Tick of the next beat or bar."""
        length = TICKS if unit == "beat" else self._bar
        return (self.tick // length + 1) * length if self.tick >= 0 else 0

    def time_of(self, tick: int) -> float:
        """When a tick that is to come will be, in seconds, as far as that can be told."""
        return self._at + (tick - self.tick) * self.interval


class Quantiser:
    """Holds presses back until their beat or bar; one that has nothing to wait for happens at once."""

    def __init__(self, clock: Clock, lead: float = 0.0) -> None:
        """Make one; ``lead`` is how many seconds before the beat presses act."""
        self.clock = clock
        self._lead = lead
        self._waiting: list[Waiting] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, unit: str, action: Callable[[], None], now: float) -> None:
        """Do something at the next beat or bar."""
        if not self.clock.alive(now) or len(self._waiting) >= _MOST_WAITING:
            self.run(now)
            action()
        else:
            self._waiting.append((self.clock.next(unit), unit, action))

    def feed(self, message: Message, now: float) -> None:
        """Take a message of the clock."""
        if self.clock.feed(message, now):
            self._waiting = [(self.clock.next(unit), unit, action) for _, unit, action in self._waiting]
        self.run(now)

    def run(self, now: float) -> None:
        """Do what is due."""
        if not self._waiting:
            return
        alive = self.clock.alive(now)
        due: list[Waiting] = []
        rest: list[Waiting] = []
        for item in self._waiting:
            early = self._lead and self.clock.interval and now >= self.clock.time_of(item[0]) - self._lead
            (due if not alive or self.clock.tick >= item[0] or early else rest).append(item)
        self._waiting = rest
        for _, _, action in due:
            action()
