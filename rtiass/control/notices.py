"""What the user is told by scenes, set list and journal, on every surface: ``/trouble`` and ``/message``."""

from __future__ import annotations

import threading

from rtiass.control.control import Control
from rtiass.control.parameter import MAX_SHOWN

TROUBLE, MESSAGE = "/trouble", "/message"


class Notices:
    """Publishes sentences as parameters, so that every surface that shows parameters shows them.

    Everything may be called from any thread.
    """

    def __init__(self, control: Control) -> None:
        """Say nothing yet.

        Args:
            control: Where it is published, if it has the two parameters.
        """
        self._control = control
        self._troubles: dict[str, str] = {}
        self._lock = threading.RLock()

    def trouble(self, subject: str, text: str) -> None:
        """Tell what is wrong with a subject; an empty text takes it back. Troubles of other subjects stay."""
        # Under the lock: the sentence published last has to be the newest.
        with self._lock:
            if self._troubles.get(subject, "") == text:
                return
            self._troubles.pop(subject, None)
            if text:
                self._troubles[subject] = text
            self._publish(TROUBLE, " ".join(self._troubles.values()))

    def say(self, text: str) -> None:
        """Tell what was done."""
        with self._lock:
            self._publish(MESSAGE, text)

    def _publish(self, path: str, text: str) -> None:
        if path in self._control:
            plain = "".join(c if c.isprintable() else " " for c in text)
            self._control.publish(path, plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…")
