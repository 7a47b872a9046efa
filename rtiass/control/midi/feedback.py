"""The control state is shown on the controller: lights, rings and motor faders."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rtiass.control.control import Change, Control
from rtiass.control.midi.engine import State
from rtiass.control.midi.mapping import ANY, CC14, NOTE, Input
from rtiass.control.midi.messages import BEND
from rtiass.control.parameter import Parameter, Value


class FeedbackSender:
    """Collects what has changed and sends each control's newest value.

    A fader is not sent what it has just said itself; lights always are, for most controllers leave them to the host.
    """

    def __init__(
        self, control: Control, states: list[State], send: Callable[[bytes], None], wake: Callable[[], None]
    ) -> None:
        """Make it.

        Args:
            control: What is shown.
            states: Of the controls.
            send: Sends a message.
            wake: Called when there is something to send, from any thread; has to be quick.
        """
        self._control, self._send, self._wake = control, send, wake
        self._shown = [state for state in states if state.bound.entry.feedback is not None]
        self._by_path: dict[str, list[int]] = {}
        for index, state in enumerate(self._shown):
            self._by_path.setdefault(state.bound.parameter.path, []).append(index)
        self._changed: set[int] = set()
        self._lock = threading.Lock()

    def heard(self, change: Change) -> None:
        """Listener of the control state."""
        indices = self._by_path.get(change.path)
        if not indices:
            return
        new = [i for i in indices if not self._own(self._shown[i], change.source)]
        if new:
            with self._lock:
                self._changed.update(new)
            self._wake()

    def refresh(self) -> None:
        """Send everything: the controller has just come."""
        with self._lock:
            self._changed.update(range(len(self._shown)))
        self._wake()

    def flush(self, now: float) -> None:
        """Send what has changed; ``now`` in seconds."""
        with self._lock:
            changed, self._changed = sorted(self._changed), set()
        for index in changed:
            state = self._shown[index]
            for data in show(state, self._control.get(state.bound.parameter.path), now):
                self._send(data)

    @staticmethod
    def _own(state: State, source: str) -> bool:
        return state.bound.action == "absolute" and source == state.bound.source


def show(state: State, value: Value, now: float) -> list[bytes]:
    """Messages that show a value on a control; notes there what a motor fader is told."""
    bound, feedback = state.bound, state.bound.entry.feedback
    if feedback is None or bound.parameter.kind == "trigger":
        return []
    if bound.action in ("absolute", "relative"):
        share = bound.share(bound.parameter.position(value))
        if bound.parameter.kind == "switch" or feedback.target.kind == NOTE:
            share = (feedback.on if share > 0.0 else feedback.off) / 127
        if bound.action == "absolute" and feedback.target == bound.entry.input:
            fine = 16383 if feedback.target.kind in (BEND, CC14) else 127
            state.sent = (round(share * fine) / fine, now)
        return encode(feedback.target, share)
    return encode(feedback.target, (feedback.on if lit(bound.parameter, bound.value, value) else feedback.off) / 127)


def lit(parameter: Parameter, wanted: Value | None, value: Value) -> bool:
    """Whether the light of a button is on."""
    if wanted is not None:
        return value == wanted
    return bool(value) if parameter.kind == "switch" else value != parameter.default


def encode(target: Input, share: float) -> list[bytes]:
    """Messages for a share 0..1; a control of any channel is told on channel 1."""
    channel = 0 if target.channel == ANY else target.channel - 1
    if target.kind == NOTE:
        return [bytes((0x90 | channel, target.number, round(127 * share)))]
    if target.kind == BEND:
        fine = round(16383 * share)
        return [bytes((0xE0 | channel, fine & 0x7F, fine >> 7))]
    if target.kind == CC14:
        fine = round(16383 * share)
        high = bytes((0xB0 | channel, target.number, fine >> 7))
        return [high, bytes((0xB0 | channel, target.number + 32, fine & 0x7F))]
    return [bytes((0xB0 | channel, target.number, round(127 * share)))]
