"""A controller that is played: its ports are found, lost and found again, its messages are drained by one thread."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Self

from rtiass.control.control import Change, Control
from rtiass.control.midi.activity import ActivitySender
from rtiass.control.midi.binding import bind
from rtiass.control.midi.engine import Engine
from rtiass.control.midi.feedback import FeedbackSender
from rtiass.control.midi.mapping import Mapping
from rtiass.control.midi.ports import MidiSystem, OutputPort, Port, RtMidiSystem, match

LOOK_EVERY = 1.0
"""Seconds between two looks at the ports."""

TURN = 0.005
"""Longest wait while a press is held back for its beat, in seconds."""

IDLE = 0.25

ANY_PORT = ("*", "!midi through")
"""Ports of a mapping that names none: the first that is there."""


class MidiSurface:
    """A mapping at work. What fails here, fails here: the audio knows nothing of it.

    Attributes:
        binding: What moves what; its ``idle`` tells what has nothing to do.
        engine: Counts of messages and changes.
        activity: Events that were sent out.
        input, output: Names of the open ports, or None.
        failures: What went wrong inside, which should be nothing.
    """

    def __init__(
        self,
        control: Control,
        mapping: Mapping,
        system: MidiSystem | None = None,
        *,
        look_every: float = LOOK_EVERY,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make it; ``start`` sets it to work.

        Raises:
            MappingError: The mapping does not fit the control state.
            UserError: There is no MIDI here.
        """
        self.mapping = mapping
        self.binding = bind(mapping, control)
        self._control, self._now, self._look_every = control, now, look_every
        self._own_system = system is None
        self._system: MidiSystem = RtMidiSystem() if system is None else system
        self.engine = Engine(control, self.binding, now)
        self._feedback = FeedbackSender(control, self.engine.states, self._send, lambda: self._queue.put(None))
        self.activity = ActivitySender(self.binding.senders, self._send)
        self._queue: queue.SimpleQueue[Callable[[], None] | tuple[bytes, float] | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._unsubscribe: Callable[[], None] = lambda: None
        self._open_input: Port | None = None
        self._open_output: OutputPort | None = None
        self.input: str | None = None
        self.output: str | None = None
        self.failures = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Look for the controller from now on; returns at once."""
        self._unsubscribe = self._control.subscribe(self._heard)
        self._threads = [
            threading.Thread(target=self._drain, name="rtiass-midi", daemon=True),
            threading.Thread(target=self._watch, name="rtiass-midi-ports", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let go of the controller; within about a second."""
        self._unsubscribe()
        self._ended.set()
        self._queue.put(None)
        for thread in self._threads:
            thread.join(1.0)
        if self._open_output is not None:
            self.activity.silence()
        self._close()
        if self._own_system:
            self._system.close()

    @property
    def status(self) -> str:
        """A phrase for people."""
        if self.input is None and self.output is None:
            return f"{self.mapping.name}: not there"
        return f"{self.mapping.name}: {self.input or self.output}"

    def receive(self, data: bytes, at: float) -> None:
        """Take a message from a port; only queues it."""
        self._queue.put((data, at))

    # The thread that works

    def _heard(self, change: Change) -> None:
        if change.path in self.activity.paths:
            stamp = self._control.clock() if change.stamp is None else change.stamp
            self._queue.put(lambda: self.activity.take(change, stamp, self._now()))
        self._feedback.heard(change)

    def _drain(self) -> None:
        while not self._ended.is_set():
            try:
                item = self._queue.get(timeout=TURN if len(self.engine.quantiser) else IDLE)
            except queue.Empty:
                item = None
            try:
                if isinstance(item, tuple):
                    self.engine.feed(*item)
                elif item is not None:
                    item()
                self.engine.quantiser.run(self._now())
                # What piles up is worked off before it is shown, and then only the newest of it is.
                if self._queue.empty():
                    self._feedback.flush(self._now())
            except Exception:  # a slip here must not end a concert
                self.failures += 1

    def _send(self, data: bytes) -> None:
        port = self._open_output
        if port is not None:
            with contextlib.suppress(OSError):
                port.send(data)

    # The thread that watches the ports

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                self._look()
            except Exception:
                self.failures += 1
            self._ended.wait(self._look_every)

    def _look(self) -> None:
        patterns = self.mapping.ports or ANY_PORT
        names = self._system.inputs()
        if self.input is not None and self.input not in names:
            self._close_input()
        if self.input is None and (name := match(patterns, names)) is not None:
            with contextlib.suppress(OSError):
                self._open_input = self._system.open_input(name, self.receive)
                self.input = name
        names = self._system.outputs()
        if self.output is not None and self.output not in names:
            self._close_output()
        if self.output is None and (name := match(self.mapping.outputs or patterns, names)) is not None:
            with contextlib.suppress(OSError):
                self._open_output = self._system.open_output(name)
                self.output = name
                self._queue.put(self._greet)

    def _greet(self) -> None:
        for data in self.mapping.hello:
            self._send(data)
        self.activity.refresh()
        self._feedback.refresh()

    def _close_input(self) -> None:
        port, self._open_input, self.input = self._open_input, None, None
        if port is not None:
            port.close()
            self._queue.put(self.engine.lost)

    def _close_output(self) -> None:
        port, self._open_output, self.output = self._open_output, None, None
        if port is not None:
            port.close()

    def _close(self) -> None:
        self._close_input()
        self._close_output()
