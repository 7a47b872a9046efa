"""Reading of checked values from a parsed TOML file; what is wrong is collected with its line."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rtiass.control.midi.lines import Place, line_of
from rtiass.errors import UserError

MAX_PROBLEMS = 20


class MappingError(UserError):
    """A mapping file is not as it should be; one line of the text for each problem."""


class Problems:
    """What is wrong with a file."""

    def __init__(self, file: str, lines: dict[Place, int]) -> None:
        self.file, self.lines = file, lines
        self.found: list[tuple[int, str]] = []

    def add(self, place: Place, sentence: str) -> None:
        """Note a problem; ``place`` is what it is about."""
        keys = [str(part) for part in place if isinstance(part, str)]
        name = f"{keys[-1]}: " if keys else ""
        self.found.append((line_of(self.lines, place), name + sentence))

    def raise_if_any(self) -> None:
        """Tell all of them.

        Raises:
            MappingError: There are some.
        """
        if self.found:
            told = [f"{self.file}:{line}: {text}" for line, text in sorted(self.found)]
            more = len(told) - MAX_PROBLEMS
            raise MappingError("\n".join(told[:MAX_PROBLEMS] + ([f"... and {more} more."] if more > 0 else [])))


class Section:
    """A table whose values are taken one by one; ``done`` complains about what is left."""

    def __init__(self, data: Mapping[str, Any], place: Place, problems: Problems) -> None:
        self._data, self.place, self.problems = data, place, problems
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    @property
    def line(self) -> int:
        """Line of the table."""
        return line_of(self.problems.lines, self.place)

    def complain(self, key: str, sentence: str) -> None:
        """Note a problem with a key; with the table itself if the key is empty."""
        self.problems.add((*self.place, key) if key else self.place, sentence)

    def take(self, key: str, default: Any, fits: Callable[[Any], bool], wanted: str) -> Any:
        """A value, or the default where it is missing or wrong."""
        self._known.add(key)
        if key not in self._data:
            return default
        value = self._data[key]
        if fits(value):
            return value
        shown = repr(value)
        self.complain(key, f"{shown if len(shown) < 60 else shown[:57] + '...'} is not {wanted}.")
        return default

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number."""
        return self.take(
            key,
            default,
            lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high,
            f"a whole number from {low} to {high}",
        )

    def number(self, key: str, default: float, low: float = -math.inf, high: float = math.inf) -> float:
        """A number."""
        limits = "" if math.isinf(low) else f" from {low:g} to {high:g}"
        return float(self.take(key, default, lambda v: is_number(v) and low <= v <= high, f"a number{limits}"))

    def text(self, key: str, default: str = "") -> str:
        """A text that is not empty."""
        return self.take(key, default, lambda v: isinstance(v, str) and bool(v.strip()), "a text")

    def word(self, key: str, default: str, words: Sequence[str]) -> str:
        """One of some words."""
        return self.take(key, default, lambda v: isinstance(v, str) and v in words, "one of: " + ", ".join(words))

    def switch(self, key: str, default: bool) -> bool:
        """True or false."""
        return self.take(key, default, lambda v: isinstance(v, bool), "true or false")

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or a list of texts."""
        value = self.take(key, (), lambda v: _is_text(v) or (isinstance(v, list) and all(map(_is_text, v))), "a text")
        return (value,) if isinstance(value, str) else tuple(value)

    def sections(self, key: str) -> list[Section]:
        """An array of tables, as in ``[[control]]``."""
        value = self.take(key, [], lambda v: isinstance(v, list), f"a list of tables; write [[{key}]]")
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append(Section(item, (*self.place, key, index), self.problems))
            else:
                self.complain(key, f"has to be tables; write [[{key}]]")
        return found

    def done(self) -> None:
        """Complain about keys that nobody asked for."""
        for key in self._data:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, 1)
                hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(sorted(self._known))}."
                self.complain(key, "unknown key." + hint)


def is_number(value: Any) -> bool:
    """A finite number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
