"""Messages become changes of the control state."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from rtiass.control.control import Control
from rtiass.control.midi.binding import CONTINUOUS, SCENE, Binding, Bound
from rtiass.control.midi.clock import Clock, Quantiser
from rtiass.control.midi.mapping import ANY, CC14, DEFAULT_STEP, NOTE
from rtiass.control.midi.messages import (
    BEND,
    CC,
    CLOCK,
    CONTINUE,
    NOTE_OFF,
    NOTE_ON,
    POSITION,
    PROGRAM,
    START,
    STOP,
    Message,
    Parser,
)
from rtiass.control.midi.takeover import Takeover
from rtiass.control.parameter import ControlError, Value

ECHO = 0.5
"""Seconds in which a position that was sent to a fader and comes back from it is its echo, not a hand."""

NEVER = (-1.0, -1e9)

_OF_CLOCK = (CLOCK, START, CONTINUE, STOP, POSITION)


@dataclass
class State:
    """What is remembered of a control.

    Attributes:
        bound: The control.
        takeover: Of an absolute control.
        value: The parameter's value after this control's last move.
        place: Position that relative clicks have come to, between the steps of the parameter.
        down: The button is held.
        before: Value that comes back when a button is released or pressed again.
        high, low_seen: Upper part of a 14-bit value; lower parts do come.
        sent: Position that was last sent to the controller, 0..1, and when.
    """

    bound: Bound
    takeover: Takeover
    value: Value | None = None
    place: float | None = None
    down: bool = False
    before: Value | None = None
    high: int = 0
    low_seen: bool = False
    sent: tuple[float, float] = NEVER


@dataclass
class Engine:
    """Of one mapping on one control state; to be fed by one thread.

    Attributes:
        control: What is moved.
        binding: How.
        now: Clock in seconds.
        counts: Messages by kind, ``changes`` made, and ``refused`` ones.
        states: Of all controls, in the binding's order.
    """

    control: Control
    binding: Binding
    now: Callable[[], float] = time.monotonic
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Set up the table of messages."""
        self.states = [State(bound, Takeover(_takeover(bound))) for bound in self.binding.controls]
        self.quantiser = Quantiser(Clock(self.binding.mapping.beats_per_bar), self.binding.mapping.lead)
        self._parser = Parser()
        self._table: dict[tuple[str, int, int], list[State]] = {}
        for state in self.states:
            heard = state.bound.entry.input
            numbers = (heard.number, heard.number + 32) if heard.kind == CC14 else (heard.number,)
            for number in numbers:
                kind = CC if heard.kind == CC14 else heard.kind
                self._table.setdefault((kind, heard.channel, number), []).append(state)

    def feed(self, data: bytes, at: float | None = None) -> None:
        """Take bytes that came at a time (seconds); never raises, whatever they are."""
        for message in self._parser.feed(data):
            self.take(message, self.now() if at is None else at)

    def take(self, message: Message, at: float) -> None:
        """Take a message."""
        self.counts[message.kind] += 1
        if message.kind in _OF_CLOCK:
            self.quantiser.feed(message, at)
            return
        kind = NOTE if message.kind in (NOTE_ON, NOTE_OFF) else message.kind
        numbers = (message.number, ANY) if kind == PROGRAM else (message.number,)
        for channel in (message.channel, ANY):
            for number in numbers:
                for state in self._table.get((kind, channel, number), ()):
                    try:
                        self._apply(state, message, at)
                    except ControlError:
                        self.counts["refused"] += 1

    def lost(self) -> None:
        """The controller has gone: what it held is released, where its faders are is forgotten."""
        self._parser = Parser()
        for state in self.states:
            state.takeover.forget()
            state.low_seen = False
            if state.down:
                state.down = False
                try:
                    self._release(state)
                except ControlError:
                    self.counts["refused"] += 1

    # One control

    def _apply(self, state: State, message: Message, at: float) -> None:
        action, heard = state.bound.action, state.bound.entry.input.kind
        if action == "relative":
            self._turn(state, _clicks(state.bound.entry.encoding, message.value))
        elif action == "absolute":
            place = self._place(state, message)
            if place is not None:
                self._slide(state, place, message, at)
        elif heard == PROGRAM:
            self._later(state, lambda: self._press(state, message.number), at)
        else:
            # A note-on is a press each time; a controller is pressed when it passes the middle upwards.
            down = message.kind == NOTE_ON or (message.kind in (CC, BEND) and message.value >= _middle(message))
            pressed = down and (message.kind == NOTE_ON or not state.down)
            released = state.down and not down
            state.down = down
            if pressed:
                self._later(state, lambda: self._press(state, 0), at)
            elif released and action == "momentary":
                self._later(state, lambda: self._release(state), at)

    def _later(self, state: State, action: Callable[[], None], at: float) -> None:
        def careful() -> None:
            try:
                action()
            except ControlError:
                self.counts["refused"] += 1

        unit = state.bound.entry.quantise
        if unit == "off":
            careful()
        else:
            self.quantiser.add(unit, careful, at)

    def _place(self, state: State, message: Message) -> float | None:
        """Position 0..1 of a fader."""
        heard = state.bound.entry.input
        if heard.kind == BEND:
            return message.value / 16383
        if heard.kind != CC14:
            return message.value / 127
        if message.number == heard.number:
            # The lower part follows. Until it is here, take the end of the step that is nearer to where the fader was,
            # so that the way goes in one direction only; within a step there is nothing to take.
            before, state.high = state.high, message.value
            if not state.low_seen:
                return message.value / 127
            if message.value == before:
                return None
            return ((message.value << 7) | (0 if message.value >= before else 127)) / 16383
        state.low_seen = True
        return ((state.high << 7) | message.value) / 16383

    def _slide(self, state: State, place: float, message: Message, at: float) -> None:
        bound, heard = state.bound, state.bound.entry.input
        position, when = state.sent
        fine = 16383 if heard.kind in (BEND, CC14) else 127
        upper = heard.kind == CC14 and message.number == heard.number
        if upper and at - when < ECHO and message.value == round(position * 16383) >> 7:
            return  # perhaps the first half of an echo
        # Only the very next position can be an echo: what comes after it is a hand.
        state.sent = NEVER
        if at - when < ECHO and abs(place - position) < 0.5 / fine:
            state.takeover.meet(place)
            state.value = self.control.get(bound.parameter.path)
            return
        value = self.control.get(bound.parameter.path)
        here = bound.share(bound.parameter.position(value))
        new = state.takeover.move(place, here, moved=value != state.value)
        if new is not None:
            self._set_position(state, bound.low + new * (bound.high - bound.low))

    def _turn(self, state: State, clicks: int) -> None:
        parameter = state.bound.parameter
        value = self.control.get(parameter.path)
        if not clicks:
            return
        if parameter.kind == "switch":
            self._set(state, clicks > 0)
            return
        step = state.bound.entry.step
        if step == DEFAULT_STEP:  # a click is a choice, or a whole number
            if parameter.kind == "choice":
                step = 1.0 / max(1, len(parameter.choices) - 1)
            elif parameter.whole:
                step = 1.0 / (parameter.maximum - parameter.minimum)
        here = state.place if state.place is not None and value == state.value else parameter.position(value)
        place = min(max(here + clicks * step, 0.0), 1.0)
        self._set_position(state, place)
        state.place = place

    def _press(self, state: State, program: int) -> None:
        bound, path = state.bound, state.bound.parameter.path
        kind, value = bound.parameter.kind, bound.value
        if bound.entry.input.kind == PROGRAM and bound.entry.input.number == ANY:
            if isinstance(value, tuple):
                if program >= len(value):
                    return
                value = value[program]
            elif value is None:
                value = str(program + 1) if path == SCENE else program
            self._set(state, value)
        elif kind == "trigger":
            self.control.trigger(path, bound.source)
            self.counts["changes"] += 1
        elif bound.action == "toggle":
            self._set(state, self._other(state))
        else:
            if bound.action == "momentary" and state.before is None:
                state.before = self.control.get(path)
            self._set(state, True if value is None else value)

    def _other(self, state: State) -> Value:
        """What a toggle goes to."""
        parameter, value = state.bound.parameter, state.bound.value
        now = self.control.get(parameter.path)
        if value is None:
            if parameter.kind == "switch":
                return not now
            return parameter.choices[(parameter.choices.index(str(now)) + 1) % len(parameter.choices)]
        if now != value:
            state.before = now
            return value
        return parameter.default if state.before is None else state.before

    def _release(self, state: State) -> None:
        before, state.before = state.before, None
        if state.bound.action == "momentary" and before is not None:
            # A switch goes to its other side: it may have been held when the button was pressed.
            value = True if state.bound.value is None else state.bound.value
            self._set(state, not value if state.bound.parameter.kind == "switch" else before)

    # Changes

    def _set(self, state: State, value: Value) -> None:
        path = state.bound.parameter.path
        self.counts["changes"] += self.control.set(path, value, state.bound.source)
        state.value = self.control.get(path)

    def _set_position(self, state: State, position: float) -> None:
        path = state.bound.parameter.path
        self.counts["changes"] += self.control.set_position(path, position, state.bound.source)
        state.value = self.control.get(path)


def _takeover(bound: Bound) -> str:
    """Choices and switches have no way between to be picked up on."""
    return bound.entry.takeover if bound.parameter.kind in CONTINUOUS else "jump"


def _middle(message: Message) -> int:
    return 8192 if message.kind == BEND else 64


def _clicks(encoding: str, value: int) -> int:
    """Clicks of a relative controller, -64..63."""
    if encoding == "offset":
        return value - 64
    if encoding == "sign":
        return -(value & 0x3F) if value & 0x40 else value
    return value - 128 if value >= 64 else value
