"""Work that a surface asks for and must not wait for: writing a scene, opening a song. One thread does it in order."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

MAX_WAITING = 256
"""Pieces of work that may wait: a stage needs a few, a flood from the network is not to fill the memory."""

Errand = Callable[[], None]
Later = Callable[[Errand], None]
"""Takes a piece of work that is to be done soon, in the order in which it comes."""


def at_once(errand: Errand) -> None:
    """Do it now, in this thread."""
    errand()


class Errands:
    """Does what it is given, one thing after the other, in a thread that ends with ``close``."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        """Start the thread.

        Args:
            failed: Told in a sentence if something raised what it was not to raise, or was left out.
        """
        self._failed = failed
        self._queue: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="rtiass-errands", daemon=True)
        self._thread.start()

    def __call__(self, errand: Errand) -> None:
        """Do it soon; returns at once. If too much is waiting it is left out, and that is told."""
        if self._queue.qsize() >= MAX_WAITING:
            self._failed("Too much was asked for at once: some of it was left out.")
        else:
            self._queue.put(errand)

    def close(self, seconds: float = 5.0) -> None:
        """Do what was given so far, then end. Once more does nothing.

        Args:
            seconds: Longest time to wait for it.
        """
        self._queue.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _work(self) -> None:
        while (errand := self._queue.get()) is not None:
            try:
                errand()
            except Exception as error:  # the next one is to be done all the same
                self._failed(f"Something failed ({type(error).__name__}: {error}).")
