"""Instrument activity goes out: a note while an instrument plays, a controller that follows how sure that is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from rtiass.control.control import Change
from rtiass.control.hysteresis import Hysteresis
from rtiass.control.midi.binding import Sender
from rtiass.control.midi.mapping import ANY


@dataclass(frozen=True, slots=True)
class ActivityEvent:
    """An instrument has begun or ended to play.

    Attributes:
        stem: Its stem.
        active: It plays.
        value: The meter's value.
        stamp: Sample of the input, at the model's rate, that the audio was at; None while nothing plays.
    """

    stem: str
    active: bool
    value: float
    stamp: int | None


class ActivitySender:
    """Sends notes and controllers.

    Attributes:
        events: The last events, newest last.
    """

    def __init__(self, senders: tuple[Sender, ...], send: Callable[[bytes], None]) -> None:
        """Make it; ``send`` sends a message."""
        self._send = send
        self._rows = [(s, Hysteresis(s.activity.on, s.activity.off, s.activity.hold)) for s in senders]
        self._values = [-1] * len(senders)
        self.paths = frozenset(sender.parameter.path for sender in senders)
        self.events: deque[ActivityEvent] = deque(maxlen=256)

    def take(self, change: Change, stamp: int | None, now: float) -> None:
        """Take a meter's new value.

        Args:
            change: Of a meter; others are passed over.
            stamp: Sample of the input that it belongs to.
            now: Time in seconds.
        """
        for index, (sender, state) in enumerate(self._rows):
            if sender.parameter.path != change.path:
                continue
            value = sender.parameter.position(change.value)
            changed = state.step(value, now)
            activity = sender.activity
            if changed is not None:
                self.events.append(ActivityEvent(sender.stem, changed, value, stamp))
                if activity.note != ANY:
                    self._note(sender, changed)
            fine = (127 if state.active else 0) if activity.lamp else round(127 * value)
            if activity.cc != ANY and fine != self._values[index]:
                self._values[index] = fine
                self._send(bytes((0xB0 | activity.channel - 1, activity.cc, fine)))

    def refresh(self) -> None:
        """Send the present state: the receiver has just come."""
        self._values = [-1] * len(self._rows)
        for sender, state in self._rows:
            if state.active:
                self._show(sender, True)

    def silence(self) -> None:
        """End the notes that sound, and put out the lamps that are lit."""
        for sender, state in self._rows:
            if state.active:
                self._show(sender, False)

    def _show(self, sender: Sender, on: bool) -> None:
        activity = sender.activity
        if activity.note != ANY:
            self._note(sender, on)
        if activity.lamp and activity.cc != ANY:
            self._send(bytes((0xB0 | activity.channel - 1, activity.cc, 127 if on else 0)))

    def _note(self, sender: Sender, on: bool) -> None:
        activity = sender.activity
        status = (0x90 if on else 0x80) | activity.channel - 1
        self._send(bytes((status, activity.note, activity.velocity if on else 0)))
