"""Single keys from the terminal, without Enter."""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
from types import TracebackType
from typing import Any, Self

_SEQUENCES = {
    "[A": "up",
    "[B": "down",
    "[C": "right",
    "[D": "left",
    "OA": "up",
    "OB": "down",
    "OC": "right",
    "OD": "left",
}
_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O[A-Za-z])")
_NAMES = {
    "\t": "tab",
    " ": "space",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\r": "enter",
    "\n": "enter",
    "\x03": "q",
}


class Keys:
    """The keyboard while the block lasts; without a terminal no key ever comes."""

    def __init__(self) -> None:
        self._fd = -1
        self._before: Any = None

    def __enter__(self) -> Self:
        with contextlib.suppress(ImportError, OSError, ValueError):
            import termios
            import tty

            fd = sys.stdin.fileno()
            if os.isatty(fd):
                self._before = termios.tcgetattr(fd)
                tty.setcbreak(fd)
                self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            import termios

            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def wait(self, seconds: float) -> list[str]:
        """Keys pressed within so many seconds: names, or the characters. Returns with the first."""
        if self._fd < 0:
            select.select([], [], [], seconds)
            return []
        if not select.select([self._fd], [], [], seconds)[0]:
            return []
        return decode(os.read(self._fd, 256).decode("utf-8", "ignore"))


def decode(text: str) -> list[str]:
    """What a terminal sends, as key names (``up``, ``tab``, ``space``, ``escape`` and so on) or characters."""
    keys: list[str] = []
    at = 0
    while at < len(text):
        sequence = _SEQUENCE.match(text, at)
        if sequence is not None:
            # Those of keys that aren't known are dropped as a whole: on a line that is typed they would be characters.
            name = _SEQUENCES.get(sequence[0][1:])
            keys += [name] if name is not None else []
            at = sequence.end()
            continue
        if text[at] != "\x1b":
            keys.append(_NAMES.get(text[at], text[at]))
        elif at + 1 == len(text):
            keys.append("escape")
        at += 1
    return keys
