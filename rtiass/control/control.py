"""The control state: one value for every path, changed from any thread, heard by whoever subscribes."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rtiass.control.parameter import ControlError, Parameter, Value


@dataclass(frozen=True, slots=True)
class Change:
    """A change that has been made.

    Attributes:
        path: Parameter.
        value: Its new value; True for a trigger.
        source: Who changed it, so that a surface can leave its own changes out.
        revision: State that it belongs to. Listeners of different threads may be called in another order than the
            changes were made in: the higher revision is the newer one.
        stamp: Where the audio was, as a sample of the input at the model's rate, when the change was made, or None
            while nothing plays. It acts at the next hop; the host tells that sample once it has (``applied``).
    """

    path: str
    value: Value
    source: str
    revision: int
    stamp: int | None


Listener = Callable[[Change], None]


class Control:
    """All parameters and their values.

    A change takes a lock for as long as a dictionary is written; listeners are called after it is given back, in the
    thread that made the change.

    Attributes:
        parameters: All parameters by path.
        revision: Raised by every change that a surface makes; meters leave it.
        failures: Exceptions that listeners raised.
        last_failure: The last of them as a sentence.
        clock: Tells the sample that the audio is at; set by the host.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        """Make a state in which everything is at its default."""
        self.parameters = dict(parameters)
        self.revision = 0
        self.failures = 0
        self.last_failure = ""
        self.clock: Callable[[], int | None] = lambda: None
        self._values = {path: parameter.default for path, parameter in self.parameters.items()}
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._telling = threading.local()

    def __contains__(self, path: object) -> bool:
        return path in self.parameters

    # Reading

    def get(self, path: str) -> Value:
        """Value of a path.

        Raises:
            ControlError: There is no such path.
        """
        try:
            return self._values[path]
        except (KeyError, TypeError):
            raise self._unknown(path) from None

    def parameter(self, path: str) -> Parameter:
        """Parameter of a path.

        Raises:
            ControlError: There is no such path; the sentence names the nearest one.
        """
        try:
            return self.parameters[path]
        except (KeyError, TypeError):
            raise self._unknown(path) from None

    def position(self, path: str) -> float:
        """Where a path's value lies on a fader or knob, 0..1."""
        return self.parameter(path).position(self.get(path))

    def values(self) -> tuple[dict[str, Value], int]:
        """All values at one moment, meters included, and the revision that they belong to."""
        with self._lock:
            return dict(self._values), self.revision

    def snapshot(self, scene: bool = True) -> dict[str, Value]:
        """Values that can be set back with ``set_many``.

        Args:
            scene: Only those that belong into a scene.
        """
        values, _ = self.values()
        chosen = (p for p in self.parameters.values() if p.writable and p.kind != "trigger" and (p.scene or not scene))
        return {p.path: values[p.path] for p in chosen}

    # Changing

    def set(self, path: str, value: Any, source: str = "") -> bool:
        """Set a value; returns whether it changed.

        A text is news even if it is the same once more: to write ``/scene`` recalls the scene, whatever was moved
        since. (A listener that writes the text it is being told of is not told again.) A trigger that is set
        happens.

        Raises:
            ControlError: There is no such path, it can't be set, or the value does not fit.
        """
        return self.set_many({path: value}, source) > 0

    def set_position(self, path: str, position: float, source: str = "") -> bool:
        """Set the value at a position 0..1 of a fader or knob; returns whether it changed."""
        return self.set(path, self.parameter(path).at(position), source)

    def set_many(self, values: Mapping[str, Any], source: str = "") -> int:
        """Set several values at once: one revision, heard together. Returns how many changed.

        Raises:
            ControlError: One of them can't be set; then none is.
        """
        checked = [(path, self._writable(path).check(value)) for path, value in values.items()]
        return self._change(checked, source)

    def trigger(self, path: str, source: str = "") -> None:
        """Make a trigger happen.

        Raises:
            ControlError: There is no such path, or it is no trigger.
        """
        if self._writable(path).kind != "trigger":
            raise ControlError(f"{path} is no trigger: it is set to a value.")
        self._change([(path, True)], source)

    def publish(self, path: str, value: Any) -> None:
        """Show a meter or a counter; for the host only.

        Raises:
            ControlError: There is no such path, or the value does not fit.
        """
        checked = self.parameter(path).check(value)
        with self._lock:
            if self._values[path] == checked:
                return
            self._values[path] = checked
            change = Change(path, checked, "host", self.revision, None)
        self._tell(change)

    # Listening

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have every change told from now on.

        Args:
            listener: Called in the thread that made the change, after it; it has to be quick, and it may make changes
                itself. What it raises is counted in ``failures`` and goes no further.

        Returns:
            Ends the subscription; once more does nothing.
        """

        # A bound method is a new object each time it is asked for: this wrapper is the subscription's own.
        def own(change: Change) -> None:
            listener(change)

        with self._lock:
            self._listeners = (*self._listeners, own)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(known for known in self._listeners if known is not own)

        return unsubscribe

    def _change(self, checked: list[tuple[str, Value]], source: str) -> int:
        stamp = self.clock()
        with self._lock:
            new = [(path, value) for path, value in checked if self._is_news(path, value)]
            if not new:
                return 0
            self.revision += 1
            for path, value in new:
                if self.parameters[path].kind != "trigger":
                    self._values[path] = value
            changes = [Change(path, value, source, self.revision, stamp) for path, value in new]
        for change in changes:
            self._tell(change)
        return len(changes)

    def _is_news(self, path: str, value: Value) -> bool:
        kind = self.parameters[path].kind
        if kind == "trigger":
            return bool(value)
        if kind == "text" and path not in getattr(self._telling, "paths", ()):
            return True
        return self._values[path] != value

    def _tell(self, change: Change) -> None:
        outer: tuple[str, ...] = getattr(self._telling, "paths", ())
        self._telling.paths = (*outer, change.path)
        try:
            for listener in self._listeners:
                try:
                    listener(change)
                except Exception as error:
                    self.failures += 1
                    self.last_failure = f"A listener of {change.path} failed ({type(error).__name__}: {error})."
        finally:
            self._telling.paths = outer

    def _writable(self, path: str) -> Parameter:
        parameter = self.parameter(path)
        if not parameter.writable:
            raise ControlError(f"{path} is shown by the host and can't be set.")
        return parameter

    def _unknown(self, path: object) -> ControlError:
        near = difflib.get_close_matches(str(path)[:200], self.parameters, 1, 0.0)
        hint = f" The nearest is {near[0]}." if near else ""
        return ControlError(f"There is no parameter '{str(path)[:200]}'.{hint}")
