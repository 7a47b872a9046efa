"""A mapping meets a control state: paths are found, what each control does there is decided and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from rtiass.control.control import Control
from rtiass.control.midi.checks import Problems
from rtiass.control.midi.mapping import ANY, CC14, NOTE, Activity, Entry, Mapping
from rtiass.control.midi.messages import BEND, PROGRAM
from rtiass.control.parameter import ControlError, Parameter
from rtiass.control.vocabulary import vocabulary

CONTINUOUS = ("level", "number")

SCENE = "/scene"
"""Any program recalls the scene of its number here: program 1, which is 0 on the wire, the first."""


@dataclass(frozen=True)
class Bound:
    """A control and its parameter.

    Attributes:
        entry: From the mapping.
        parameter: What it moves.
        action: ``absolute``, ``relative``, ``toggle``, ``momentary`` or ``press``.
        low, high: Positions 0..1 of the parameter at the ends of an absolute control.
        value: What a press sets, as the parameter takes it; a tuple for programs; None for none.
        source: Name under which the control state hears of it.
    """

    entry: Entry
    parameter: Parameter
    action: str
    low: float
    high: float
    value: Any
    source: str

    def share(self, position: float) -> float:
        """Place on the control's own way, 0..1, of a position of the parameter."""
        return min(max((position - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True)
class Sender:
    """Activity of a stem that is sent out; ``path`` is the meter."""

    activity: Activity
    parameter: Parameter
    stem: str


@dataclass(frozen=True)
class Binding:
    """A mapping on a control state.

    Attributes:
        mapping: As read.
        controls: What moves something.
        senders: What is sent out.
        idle: What has nothing to do here, as sentences: its stem or song is not there.
    """

    mapping: Mapping
    controls: tuple[Bound, ...]
    senders: tuple[Sender, ...]
    idle: tuple[str, ...]


def bind(mapping: Mapping, control: Control) -> Binding:
    """Find the parameters of a mapping.

    A control whose stem, output or song is not there is idle; one whose path can't be right anywhere is an error.

    Raises:
        MappingError: Something can't work; each problem with file and line.
    """
    problems = Problems(mapping.file, mapping.lines)
    stems = _names(control, r"/stem/([^/]+)/gain")
    buses = _names(control, r"/bus/([^/]+)/gain")
    idle: list[str] = []
    bounds: list[Bound] = []
    for index, entry in enumerate(mapping.entries):
        place = ("control", index)
        path = _resolve(entry.path, stems, buses)
        try:
            parameter = control.parameter(path)
        except ControlError as error:
            if _could_be(path):
                why = f"There is no {path}." if path == entry.path and re.search(r"/\d+/", path) else str(error)
                idle.append(f"{mapping.file}:{entry.line}: {entry.name or entry.input} is idle. {why}")
            else:
                problems.add((*place, "path"), str(error))
            continue
        source = f"midi:{mapping.name}:{index}"
        refusal, bound = _bind_entry(entry, parameter, source)
        if refusal:
            problems.add((*place, refusal[0]), refusal[1])
        elif bound is not None:
            bounds.append(bound)
    senders = []
    for activity in mapping.activities:
        path = _resolve(f"/stem/{activity.stem}/{activity.source}", stems, buses)
        if path in control.parameters:
            senders.append(Sender(activity, control.parameter(path), path.split("/")[2]))
        else:
            idle.append(f"{mapping.file}:{activity.line}: there is no stem '{activity.stem}' to tell of.")
    problems.raise_if_any()
    return Binding(mapping, tuple(bounds), tuple(senders), tuple(idle))


def _names(control: Control, pattern: str) -> list[str]:
    found = (re.fullmatch(pattern, path) for path in control.parameters)
    return [match[1] for match in found if match is not None]


def _resolve(path: str, stems: list[str], buses: list[str]) -> str:
    """Put names in the place of numbers: ``/stem/1/gain`` is the first stem's."""
    parts = path.split("/")
    for index, part in enumerate(parts[:-1]):
        names = {"stem": stems, "gate": stems, "bus": buses}.get(part)
        number = parts[index + 1]
        if names is not None and number.isdecimal() and len(number) < 4 and 1 <= int(number) <= len(names):
            parts[index + 1] = names[int(number) - 1]
    return "/".join(parts)


def _could_be(path: str) -> bool:
    """With another model, other outputs or songs there would be such a path."""
    general = re.sub(r"^/(stem|gate|bus)/[^/]+", r"/\1/x", path)
    general = re.sub(r"^(/bus/x/stem)/[^/]+", r"\1/x", general)
    return general in _general()


@cache
def _general() -> frozenset[str]:
    return frozenset(vocabulary(("x", "rest"), ("x",), True))


def _bind_entry(entry: Entry, parameter: Parameter, source: str) -> tuple[tuple[str, str] | None, Bound | None]:
    """The bound control, or what is wrong: key and sentence."""
    kind, path = parameter.kind, parameter.path
    if not parameter.writable:
        return ("path", f"{path} is shown by the host and can't be set."), None
    action = _action(entry, parameter)
    value = entry.value
    if value is not None:
        try:
            value = tuple(map(parameter.check, value)) if isinstance(value, list) else parameter.check(value)
        except ControlError as error:
            return ("value", str(error)), None
    refusal = _refusal(entry, kind, action, value)
    if refusal:
        return refusal, None
    ends = [0.0, 1.0]
    for side, (key, limit) in enumerate((("min", entry.minimum), ("max", entry.maximum))):
        if limit is None:
            continue
        if action != "absolute" or kind not in CONTINUOUS:
            return (key, "is for faders of levels and numbers."), None
        if not parameter.minimum <= limit <= parameter.maximum:
            return (key, f"{limit:g} is outside of {parameter.minimum:g} to {parameter.maximum:g}."), None
        ends[side] = parameter.position(limit)
    if ends[0] == ends[1]:
        return ("max", "leaves no way between min and max."), None
    return None, Bound(entry, parameter, action, ends[0], ends[1], value, source)


def _action(entry: Entry, parameter: Parameter) -> str:
    if entry.mode != "auto":
        return entry.mode
    if entry.input.kind == PROGRAM or entry.value is not None or parameter.kind in ("trigger", "text"):
        return "press"
    if entry.input.kind in (BEND, CC14):
        return "absolute"
    if entry.input.kind == NOTE or parameter.kind == "switch":
        return "toggle"
    return "absolute"


def _refusal(entry: Entry, kind: str, action: str, value: Any) -> tuple[str, str] | None:
    program = entry.input.kind == PROGRAM
    if action in ("absolute", "relative") and kind in ("trigger", "text"):
        return "mode", f"a {kind} can't be {action}; it can be pressed."
    if action in ("absolute", "relative") and entry.value is not None:
        return "value", f"does not go with mode {action}."
    if action == "absolute" and entry.input.kind == NOTE:
        return "mode", "a note is a button: toggle, momentary or press."
    if entry.quantise != "off" and action in ("absolute", "relative"):
        return "quantise", "is for buttons."
    if action in ("toggle", "momentary") and kind == "trigger":
        return "mode", "a trigger can only be pressed."
    if program and entry.input.number == ANY:
        if kind in ("level", "switch", "trigger") or (
            kind == "text" and not (isinstance(value, tuple) or entry.path == SCENE)
        ):
            return "value", "a list of values is needed, one for each program."
        return None
    wants = (action == "press" and kind not in ("trigger", "switch")) or (
        action in ("toggle", "momentary") and kind not in ("switch", "choice")
    )
    if value is None and (wants or (action == "momentary" and kind == "choice")):
        return "value", f"is needed: what is {entry.path} set to?"
    return None
