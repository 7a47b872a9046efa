"""One parameter of the control state: its kind, its range, and what counts as a value of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rtiass.control.taper import OFF_DB, TOP_DB, level_at, position_of
from rtiass.errors import UserError

Value = float | bool | str

KINDS = ("level", "switch", "choice", "number", "trigger", "text")

MAX_TEXT = 200
"""Characters of a text that surfaces may set."""

MAX_SHOWN = 1000
"""Characters of a text that the host shows: sentences with what to do next."""

_ON = ("on", "true", "yes", "1")
_OFF = ("off", "false", "no", "0")


class ControlError(UserError):
    """A path that does not exist, or a value that a parameter does not take."""


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Attributes:
        path: Its name, such as ``/stem/vocals/gain``.
        kind: ``level`` (dB; the bottom, -60, is off), ``switch`` (on or off), ``choice`` (one of ``choices``),
            ``number``, ``trigger`` (happens, has no state) or ``text``.
        default: Value to begin with.
        minimum: Smallest value of a level or a number.
        maximum: Largest value of a level or a number.
        choices: Values of a choice.
        writable: Surfaces may set it; meters and counters are set by the host alone.
        unit: Unit of a level or a number.
        about: What it does, as a phrase.
        scene: Belongs into a scene.
        whole: A number that takes whole values only.
    """

    path: str
    kind: str
    default: Value
    minimum: float = 0.0
    maximum: float = 1.0
    choices: tuple[str, ...] = ()
    writable: bool = True
    unit: str = ""
    about: str = ""
    scene: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        """Check the definition.

        Raises:
            ValueError: An unknown kind, an empty range, or a default that is no value.
        """
        if self.kind not in KINDS:
            raise ValueError(f"{self.path}: unknown kind '{self.kind}'")
        if not self.minimum < self.maximum or (self.kind == "choice" and not self.choices):
            raise ValueError(f"{self.path}: empty range")
        if self.check(self.default) != self.default:
            raise ValueError(f"{self.path}: the default is out of range")

    def check(self, value: Any) -> Value:
        """Make a value of what a surface sent.

        Numbers are limited to the range; texts of numbers (``-6``, ``-6 dB``, ``off`` for levels), of switches (``on``,
        ``false``) and choices are understood; a number switches on from 0.5 and picks a choice by its index.

        Raises:
            ControlError: It is no value of this parameter.
        """
        if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
            value = value.item()  # a numpy scalar
        if self.kind in ("level", "number"):
            return self._check_number(value)
        if self.kind in ("switch", "trigger"):
            return self._check_switch(value)
        if self.kind == "choice":
            return self._check_choice(value)
        most = MAX_TEXT if self.writable else MAX_SHOWN
        if isinstance(value, str) and len(value) <= most and (value.isprintable() or not value):
            return value
        raise self._refusal(value, f"a text of at most {most} characters on one line")

    def position(self, value: Any) -> float:
        """Where a value lies on a fader or knob, 0..1: levels on the musical taper, numbers evenly, choices by index.

        Raises:
            ControlError: It is no value of this parameter, or the parameter is a text.
        """
        value = self.check(value)
        if self.kind == "level":
            low, high = position_of(self.minimum), position_of(self.maximum)
            return (position_of(float(value)) - low) / (high - low)
        if self.kind == "number":
            return (float(value) - self.minimum) / (self.maximum - self.minimum)
        if self.kind == "choice":
            return self.choices.index(str(value)) / max(1, len(self.choices) - 1)
        if self.kind == "text":
            raise ControlError(f"{self.path} is a text: it has no position.")
        return 1.0 if value else 0.0

    def at(self, position: float) -> Value:
        """Value at a position 0..1: the inverse of ``position``; positions outside count as the ends.

        Raises:
            ControlError: The position is no number, or the parameter is a text.
        """
        if self.kind == "text":
            raise ControlError(f"{self.path} is a text: it has no position.")
        try:
            place = float(position)
        except (TypeError, ValueError, OverflowError):
            place = math.nan
        if math.isnan(place):
            raise ControlError(f"{self.path} is set to a position from 0 to 1; {position!r} is none.")
        place = min(max(place, 0.0), 1.0)
        if self.kind == "level":
            low, high = position_of(self.minimum), position_of(self.maximum)
            return self.check(level_at(low + place * (high - low)))
        if self.kind == "number":
            return self.check(self.minimum + place * (self.maximum - self.minimum))
        if self.kind == "choice":
            return self.choices[round(place * (len(self.choices) - 1))]
        return place >= 0.5

    def text(self, value: Any) -> str:
        """A value as it is shown to people: ``-6.0 dB``, ``off``, ``on``, ``tight``."""
        value = self.check(value)
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, str):
            return value
        if self.kind == "level":
            return "off" if value <= OFF_DB else f"{value:+.1f} dB"
        number = f"{value:.0f}" if self.whole else f"{value:.4g}"
        return f"{number} {self.unit}".rstrip()

    def _check_number(self, value: Any) -> float:
        number = math.nan
        if isinstance(value, str):
            plain = value.strip().lower()
            if self.kind == "level":
                plain = "-inf" if plain == "off" else plain.removesuffix("db")
            value = plain
        if not isinstance(value, bool) and isinstance(value, (int, float, str)):
            try:
                number = float(value)
            except (ValueError, OverflowError):
                number = math.nan
        if math.isnan(number):
            raise self._refusal(value, f"a number from {self.minimum:g} to {self.maximum:g}{self._unit()}")
        number = min(max(number, self.minimum), self.maximum)
        # Adding 0 makes a plain zero of a negative one.
        return (float(round(number)) if self.whole else number) + 0.0

    def _check_switch(self, value: Any) -> bool:
        if isinstance(value, str) and value.strip().lower() in (*_ON, *_OFF):
            return value.strip().lower() in _ON
        if isinstance(value, (bool, int, float)) and not math.isnan(value):
            return value >= 0.5
        raise self._refusal(value, "on or off")

    def _check_choice(self, value: Any) -> str:
        if isinstance(value, str):
            for choice in self.choices:
                if choice.lower() == value.strip().lower():
                    return choice
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and value in range(len(self.choices)):
            return self.choices[int(value)]
        raise self._refusal(value, "one of: " + ", ".join(self.choices))

    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def _refusal(self, value: Any, wanted: str) -> ControlError:
        shown = repr(value)
        return ControlError(f"{self.path} takes {wanted}; {shown if len(shown) < 80 else shown[:77] + '...'} is none.")


def level(path: str, about: str, default: float = 0.0) -> Parameter:
    """A fader: -60 dB, which is off, to +12 dB."""
    return Parameter(path, "level", default, OFF_DB, TOP_DB, unit="dB", about=about, scene=True)
