"""The messages between page and host: small JSON objects, understood without trust.

Page to host: ``{"set": PATH, "value": V}``, ``{"set": PATH, "position": P}``, ``{"trigger": PATH}``, ``{"ping": N}``.
Host to page: ``hello`` (everything, ``status`` too); ``changes``, ``meters``, ``status`` together (what is new);
``error``; ``pong``.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from rtiass.control.parameter import Parameter, Value
from rtiass.control.taper import OFF_DB, TOP_DB, level_at, position_of
from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.control.control import Control

SCALE = (12, 6, 0, -6, -12, -18, -24, -30, -40, -60)
"""Levels that are written beside a fader."""

POINTS = 49
"""Points of the taper that the page interpolates between while a finger moves."""

LONGEST_GUESS = 60
"""Characters of an unknown path for which the nearest known one is looked for: the search takes its time."""


def understand(control: Control, text: str, *, may_set: bool, source: str) -> dict[str, Any] | None:
    """Do what a page says.

    Args:
        control: What is changed.
        text: The message.
        may_set: Changes are allowed.
        source: Name of the page's connection.

    Returns:
        Answer for this page alone, or None.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return _error("That was no JSON.")
    if not isinstance(message, dict):
        return _error("A message is a JSON object.")
    if "ping" in message:
        count = message["ping"]
        return {"pong": count if isinstance(count, int) and abs(count) < 2**53 else 0}
    path = message.get("set", message.get("trigger"))
    if not isinstance(path, str):
        return _error("A message has 'set', 'trigger' or 'ping'.")
    if not may_set:
        return _error("Guests may look, not change.")
    if path not in control and len(path) > LONGEST_GUESS:
        return _error("There is no such parameter.")
    try:
        if "trigger" in message:
            control.trigger(path, source)
        elif "position" in message:
            control.set_position(path, _number(message["position"]), source)
        else:
            control.set(path, _value(message.get("value")), source)
    except UserError as error:
        return {**_error(str(error)), "path": path[:200]}
    return None


def hello(control: Control, role: str, title: str) -> dict[str, Any]:
    """Everything that a page needs to draw itself."""
    return {
        "hello": 1,
        "role": role,
        "title": title,
        "parameters": [_describe(control, parameter) for parameter in control.parameters.values()],
        "scale": [[level, position_of(level)] for level in SCALE],
        "taper": [round(level_at(i / (POINTS - 1)), 3) for i in range(POINTS)],
        "range": [OFF_DB, TOP_DB],
    }


def shown(parameter: Parameter, value: Value) -> list[Any]:
    """A value as the page gets it: value, position and text; the position is None where there is none."""
    plain = plain_value(parameter, value)
    position = None if parameter.kind in ("text", "trigger") else round(parameter.position(plain), 5)
    return [plain, position, parameter.text(plain)]


def plain_value(parameter: Parameter, value: Value) -> Value:
    """A value that JSON can carry."""
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else parameter.minimum
    return value


def _describe(control: Control, parameter: Parameter) -> dict[str, Any]:
    about: dict[str, Any] = {
        "path": parameter.path,
        "kind": parameter.kind,
        "writable": parameter.writable,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "shown": shown(parameter, control.get(parameter.path)),
    }
    if parameter.choices:
        about["choices"] = list(parameter.choices)
    return about


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError("A position is a number from 0 to 1.")
    return min(max(float(value), 0.0), 1.0) if abs(value) < 1e9 else float(value > 0)


def _value(value: Any) -> Any:
    """Numbers as floats: JSON has whole ones of any length."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(max(min(value, 2**53), -(2**53)))
    return value


def _error(text: str) -> dict[str, Any]:
    return {"error": text}
