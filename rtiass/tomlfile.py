"""TOML that people edit: bounded reading with errors that name the line, and writing of plain values."""

from __future__ import annotations

import difflib
import functools
import json
import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rtiass.errors import UserError

MAX_BYTES = 128 * 1024
"""Far more than a show needs, and little enough that no file can hold up the program."""

MAX_DOTS = 32
"""Dots in one line: the parser's time grows with the square of the depth of a key."""

MAX_PROBLEMS = 50

MAX_BRACKETS = 32
"""Open brackets in one line: no table that people write is nested as deeply."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*')"""
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]\]?\s*(?:#.*)?$")
_ENTRY = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")
_PART = re.compile(_KEY)

Key = str | int
"""A step into a file: name of a key or a table, or index in an array of tables."""


def read_text(path: Path, error: type[UserError] = UserError) -> str:
    """Text of a file of at most ``MAX_BYTES``.

    Raises:
        UserError: Of the given class: it can't be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise error(f"There is no file '{path}'. Check the path.") from None
    except (OSError, ValueError) as reason:
        text = getattr(reason, "strerror", None) or reason
        raise error(f"{path} can't be read: {text}.") from reason
    if len(data) > MAX_BYTES:
        raise error(
            f"{path} is larger than the {MAX_BYTES // 1024} KiB that such a file may have. Is it the right one?"
        )
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as reason:
        line = data[: reason.start].count(b"\n") + 1
        raise error(f"{path}, line {line}: this is not UTF-8 text. Save the file as UTF-8.") from None


def parse(text: str, path: Path | str, error: type[UserError] = UserError) -> dict[str, Any]:
    """Values of a text in TOML.

    Args:
        text: The text.
        path: Named in errors.
        error: Class of errors.

    Raises:
        UserError: Of the given class: it is no TOML; the sentence names file and line.
    """
    if len(text) > MAX_BYTES:
        raise error(
            f"{path} is larger than the {MAX_BYTES // 1024} KiB that such a file may have. Is it the right one?"
        )
    for number, row in enumerate(text.split("\n"), 1):
        if row.count(".") > MAX_DOTS or row.count("[") + row.count("{") > MAX_BRACKETS:
            raise error(f"{path}, line {number}: too many dots or brackets for one line. Write it over several lines.")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        message = str(reason)
        at = re.search(r" \(at line (\d+), column \d+\)", message)
        line = int(at[1]) if at else text.count("\n") + 1
        told = message.replace(at[0], "") if at else message.replace(" (at end of document)", "")
        raise error(f"{path}, line {line}: {_plain(told)}. Compare with the examples in docs/rig.md.") from None
    except (ValueError, RecursionError, OverflowError) as reason:
        raise error(f"{path}: {_plain(str(reason))[:200]}. Compare with the examples in docs/rig.md.") from None


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def shown(value: object) -> str:
    """A value as it goes into a sentence: short, on one line, harmless to a terminal."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # whole numbers too long to be written
        text = "this value"
    text = _plain(text)
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest known name, with a blank before it, or nothing."""
    close = difflib.get_close_matches(name[:64].lower(), list(known), 1, 0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def line_of(text: str, where: Sequence[Key]) -> int | None:
    """Line, from 1, in which a key or table begins; of the longest part of its path that is found.

    Args:
        text: The TOML text.
        where: Keys from the top, with an index after the name of an array of tables.
    """
    index = _lines(text)
    goal = tuple(where)
    return next((index[goal[:size]] for size in range(len(goal), 0, -1) if goal[:size] in index), None)


@functools.lru_cache(maxsize=4)
def _lines(text: str) -> dict[tuple[Key, ...], int]:
    """First line of every key and table, by its path from the top."""
    index: dict[tuple[Key, ...], int] = {}
    table: tuple[Key, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line)
        entry = None if header else _ENTRY.match(line)
        if header:
            names = _names(header[2])
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            table = here = _indexed(names, counts)
        elif entry:
            here = (*table, *_names(entry[1]))
        else:
            continue
        for size in range(1, len(here) + 1):
            index.setdefault(here[:size], number)
    return index


class Problems:
    """Collects what is wrong with a text, with the lines; too much of it ends the reading."""

    def __init__(self, text: str, path: Path | str, error: type[UserError]) -> None:
        """Nothing is wrong yet.

        Args:
            text: The TOML text.
            path: Its file.
            error: What is raised.
        """
        self._text, self._path, self._error = text, path, error
        self._found: list[tuple[int, str]] = []

    def __call__(self, where: Sequence[Key], sentence: str) -> None:
        """Note a problem.

        Raises:
            UserError: Of the given class: there are too many to go on.
        """
        self._found.append((line_of(self._text, where) or 1, sentence))
        if len(self._found) >= MAX_PROBLEMS:
            self._found.append((self._found[-1][0], "there may be more; mend these first."))
            self.raise_if_any()

    def raise_if_any(self) -> None:
        """Tell everything, in the order of the lines.

        Raises:
            UserError: Of the given class: there was a problem.
        """
        if self._found:
            rows = sorted(self._found, key=lambda row: row[0])
            raise self._error("\n".join(f"{self._path}, line {line}: {sentence}" for line, sentence in rows))


def _names(keys: str) -> tuple[str, ...]:
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in _PART.findall(keys))


def _indexed(names: tuple[str, ...], counts: dict[tuple[str, ...], int]) -> tuple[Key, ...]:
    out: list[Key] = []
    for depth, name in enumerate(names, 1):
        out.append(name)
        if names[:depth] in counts:
            out.append(counts[names[:depth]])
    return tuple(out)


def key_text(name: str) -> str:
    """A key as TOML, quoted where it has to be."""
    return name if _BARE.fullmatch(name) else value_text(name)


def value_text(value: object) -> str:
    """A text, switch, number or list of such as TOML.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
        return repr(round(value, 9) + 0.0)
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the two halves of characters beyond 16 bits, which stay as they are.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} is not written to TOML here")
