"""What may stand in a rig file: every table, every key, and what counts as a value of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from rtiass.activity import GATE_KINDS
from rtiass.control.songfile import vocal_level
from rtiass.control.vocabulary import MORPH_SECONDS
from rtiass.live.options import MAX_MASK_DELAY
from rtiass.live.state import MAX_OUTPUTS
from rtiass.policy import POLICIES
from rtiass.stft import ALL_MODES
from rtiass.tomlfile import shown

MAX_INPUTS = 64
MAX_TEXT = 4096

Check = Callable[[Any], Any]
"""Makes a value of what the file says, or raises ValueError with what is wanted."""

_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return check


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return float(value)

    return check


def _one_of(words: Iterable[str]) -> Check:
    known = tuple(words)

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError("one of: " + ", ".join(known))
        return value

    return check


def text(value: Any) -> str:
    """A text on one line."""
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or not value.isprintable():
        raise ValueError("a text on one line")
    return value


def _device(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000:
        return str(value)
    try:
        return text(value)
    except ValueError:
        raise ValueError("a device's name, a part of it, or its number (see 'rtiass devices')") from None


def _host(value: Any) -> str:
    if not isinstance(value, str) or not _HOST.fullmatch(value):
        raise ValueError('an address of this machine, as "127.0.0.1", or "0.0.0.0" for all')
    return value


def _level(value: Any) -> float:
    level = vocal_level(value)
    if level is None:
        raise ValueError('a level from -60 to 12 dB, a share as in "25%", or "off"')
    return level


def channels(most: int) -> Check:
    """One or two channels, from 1."""

    def check(value: Any) -> tuple[int, ...]:
        values = value if isinstance(value, list) else [value]
        plain = all(isinstance(c, int) and not isinstance(c, bool) and 1 <= c <= most for c in values)
        if len(values) not in (1, 2) or not plain:
            raise ValueError(f"one or two channels from 1 to {most}, as in [3, 4]")
        return tuple(values)

    return check


def _maps(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    try:
        maps = tuple(text(item) for item in values)
    except ValueError:
        maps = ()
    if not 1 <= len(maps) <= 16:
        raise ValueError('"auto", the name of a map, a mapping file, or a list of those')
    return maps


def parameter_value(value: Any) -> float | bool | str:
    """What a parameter may be set to, as far as can be told without a model."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            pass
    raise ValueError("a number, a text, true or false")


SECTIONS: dict[str, dict[str, Check]] = {
    "model": {
        "name": text,
        "engine": text,
        "mode": _one_of(ALL_MODES),
        "gate": _one_of(GATE_KINDS),
        "policy": _one_of(POLICIES),
        "mask_delay": _whole(0, MAX_MASK_DELAY),
    },
    "audio": {
        "input": _device,
        "output": _device,
        "input_channels": channels(MAX_INPUTS),
        "rate": _whole(8000, 192000),
        "block": _whole(0, 8192),
        "headroom": _whole(0, 16384),
        "awake": _switch,
    },
    "play": {"song": text, "vocals": _level},
    "scenes": {"file": text, "recall": text, "seconds": _number(0.0, MORPH_SECONDS)},
    "setlist": {"file": text},
    "midi": {"map": _maps},
    "osc": {"address": _host, "port": _whole(1, 65535)},
    "remote": {"address": _host, "port": _whole(1, 65535)},
    "record": {"folder": text},
}
"""Tables with fixed keys. Beside them: ``outputs`` (names with channels) and ``start`` (parameters with values)."""

OUTPUTS, START = "outputs", "start"
OUTPUT = channels(MAX_OUTPUTS)
TABLES = (*SECTIONS, OUTPUTS, START)

NEEDED = {"scenes": "file", "setlist": "file", "midi": "map", "record": "folder"}
"""Keys without which a table says nothing."""


def refusal(key: str, value: Any, wanted: str) -> str:
    """Sentence about a value that does not do."""
    return f"{key} is to be {wanted}; {shown(value)} is not."
