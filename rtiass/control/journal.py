"""What was set, kept on the disk while playing, so that a crash or a power cut takes no more than the last second."""

from __future__ import annotations

import contextlib
import datetime
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rtiass.atomicfile import write_whole
from rtiass.control.control import Change, Control
from rtiass.control.notices import Notices
from rtiass.control.parameter import Value
from rtiass.errors import UserError
from rtiass.tomlfile import key_text, parse, read_text, value_text

EVERY = 0.75
"""Seconds between two writes at least, which leaves a quarter of a second for the disk."""

RESTORE = "restore"
"""Source of what is set at the start after a crash."""

FURTHER = ("/mode", "/scene", "/scene/seconds", "/song/index", "/song/wait")
"""Kept beside what belongs into a scene. Not kept: what must not begin by itself, such as recording."""

HEAD = """\
# The faders as they were last, written while playing and removed at the end. If this file is still there, the program
# or the power went off; the next start sets everything as it is here. Delete it to start afresh.
"""


class Journal:
    """Writes the present state at most every ``EVERY`` seconds, in a thread of its own; never in the setter's.

    Attributes:
        path: Its file.
        trouble: Why the last write failed, as a sentence; empty if it did not.
    """

    def __init__(
        self, path: Path, control: Control, clock: Callable[[], float] = time.monotonic, notices: Notices | None = None
    ) -> None:
        """Nothing is read or written yet.

        Args:
            path: File.
            control: What is kept.
            clock: Seconds.
            notices: Where the user is told that it can't be written.
        """
        self.path = path
        self.trouble = ""
        self._control = control
        self._notices = notices or Notices(control)
        self._clock = clock
        self._changed = threading.Event()
        self._closing = threading.Event()
        self._last = -EVERY
        self._read = False
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._unsubscribe = control.subscribe(self._hear)

    def restore(self) -> str:
        """Set everything as the file says, if the last run left one.

        Returns:
            What was done, as a sentence; empty if there was nothing to do.
        """
        self._read = True
        if not self.path.exists():
            return ""
        try:
            values, when = read_journal(self.path)
        except UserError as error:
            aside = self.path.with_name(self.path.name + ".damaged")
            with contextlib.suppress(OSError):
                self.path.replace(aside)
            return f"The faders of the last run can't be restored. {error} It was put aside as {aside.name}."
        known = {}
        for path, value in values.items():
            with contextlib.suppress(UserError):
                parameter = self._control.parameter(path)
                if parameter.scene or path in FURTHER:
                    known[path] = parameter.check(value)
        self._control.set_many(known, RESTORE)
        return f"The last run did not end by itself{when}: {len(known)} settings are restored from {self.path.name}."

    def run(self) -> None:
        """Start the thread; without it ``step`` is called by whoever has the clock."""
        self._thread = threading.Thread(target=self._follow, name="rtiass-journal", daemon=True)
        self._thread.start()

    def step(self) -> bool:
        """Write if something has changed and the last write is long enough ago; returns whether it was tried."""
        # One write at a time: an older state must not come after a newer one.
        with self._writing:
            if not self._changed.is_set() or self._clock() - self._last < EVERY:
                return False
            # Cleared first: what changes during the write is for the next one.
            self._changed.clear()
            self._last = self._clock()
            try:
                write_whole(self.path, journal_text(self._kept()))
                self.trouble = ""
            except UserError as error:
                self.trouble = str(error)
                self._changed.set()
        # Not under the lock: whoever hears of it may take its time.
        told = f"What is set now would not survive a crash. {self.trouble}" if self.trouble else ""
        self._notices.trouble("journal", told)
        return True

    def close(self) -> None:
        """End well: nothing is to be restored. What was never read with ``restore`` stays for the next start."""
        self._unsubscribe()
        self._closing.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join(5.0)
        if self._read:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _kept(self) -> dict[str, Value]:
        values = self._control.snapshot()
        return values | {path: self._control.get(path) for path in FURTHER if path in self._control}

    def _hear(self, change: Change) -> None:
        if change.source != "host":
            self._changed.set()

    def _follow(self) -> None:
        while True:
            self._changed.wait()
            if self._closing.is_set():
                return
            if not self.step():
                self._closing.wait(max(0.01, EVERY - (self._clock() - self._last)))


def journal_text(values: dict[str, Value]) -> str:
    """The file's text."""
    now = datetime.datetime.now().isoformat(timespec="seconds")
    lines = [f"{key_text(path)} = {value_text(value)}" for path, value in values.items()]
    return f'{HEAD}\nwritten = "{now}"\n\n[values]\n' + "\n".join(lines) + "\n"


def read_journal(path: Path) -> tuple[dict[str, Value], str]:
    """Values of a journal, and when it was written, with a blank before it.

    Raises:
        UserError: It is damaged.
    """
    content = parse(read_text(path), path)
    values = content.get("values")
    if not isinstance(values, dict):
        raise UserError(f"{path} has no table of values.")
    plain = {key: value for key, value in values.items() if isinstance(value, bool | int | float | str)}
    written = content.get("written")
    with contextlib.suppress(ValueError):
        if isinstance(written, str):
            return plain, f" (it was {datetime.datetime.fromisoformat(written):%H:%M:%S on %d %B %Y})"
    return plain, ""
