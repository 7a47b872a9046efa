"""Mapping files: which message of a controller moves which parameter, and what is shown on it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtiass.control.midi.checks import MappingError, Problems, Section, is_number
from rtiass.control.midi.lines import find_lines
from rtiass.control.midi.messages import BEND, CC, PROGRAM

CC14, NOTE = "cc14", "note"
INPUTS = (CC, CC14, NOTE, BEND, PROGRAM)
ANY = -1
"""Channel or program that stands for all."""

MODES = ("auto", "absolute", "relative", "toggle", "momentary", "press")
ENCODINGS = ("twos", "offset", "sign")
TAKEOVERS = ("jump", "pickup", "scale")
QUANTISE = ("off", "beat", "bar")
MAX_BYTES = 1_000_000
MAX_ENTRIES = 2000
DEFAULT_STEP = 0.01


@dataclass(frozen=True)
class Input:
    """What is listened to, or sent: ``kind`` as in ``INPUTS``, channel 1..16 or ANY, number 0..127 or ANY."""

    kind: str
    channel: int
    number: int

    def __str__(self) -> str:
        place = "any channel" if self.channel == ANY else f"channel {self.channel}"
        number = "" if self.kind == BEND else (" any" if self.number == ANY else f" {self.number}")
        return f"{self.kind}{number} on {place}"


@dataclass(frozen=True)
class Feedback:
    """What is shown on the controller: the value on faders and rings, ``on`` or ``off`` on lights."""

    target: Input
    on: int = 127
    off: int = 0


@dataclass(frozen=True)
class Entry:
    """One control.

    Attributes:
        name: Told in messages; empty for none.
        input: What is listened to.
        path: Parameter; a stem, gate or bus may be named by its number from 1.
        mode: What it does, as in ``MODES``.
        encoding: How a relative control counts.
        step: Share of the whole way that one click of a relative control goes.
        takeover: What happens while fader and parameter are apart.
        minimum, maximum: Ends of an absolute control as values of the parameter, or None for its own.
        value: What a press sets; a list for the programs from 0 on; None for none.
        quantise: Presses wait for the next beat or bar of the MIDI clock.
        feedback: What is shown, or None.
        line: In the file.
    """

    name: str
    input: Input
    path: str
    mode: str = "auto"
    encoding: str = "twos"
    step: float = DEFAULT_STEP
    takeover: str = "pickup"
    minimum: float | None = None
    maximum: float | None = None
    value: Any = None
    quantise: str = "off"
    feedback: Feedback | None = None
    line: int = 1


@dataclass(frozen=True)
class Activity:
    """What is sent when an instrument begins and ends to play: a note, a controller, or both (ANY for none).

    The controller follows the meter, or with ``lamp`` is 127 while the instrument plays and 0 else.
    """

    stem: str
    channel: int
    note: int
    cc: int
    source: str
    velocity: int
    on: float
    off: float
    hold: float
    lamp: bool = False
    line: int = 1


@dataclass(frozen=True)
class Mapping:
    """A mapping file.

    Attributes:
        file: Name of the file for messages.
        name: Of the controller.
        ports: Patterns of input ports.
        outputs: Patterns of output ports; those of ``ports`` where none are given.
        note: What has to be set on the controller, for people.
        hello: Bytes sent when the controller appears.
        entries: Controls.
        activities: Instrument activity sent out.
        beats_per_bar: Of the MIDI clock.
        lead: Seconds by which presses on the beat come before it.
    """

    file: str
    name: str
    ports: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    note: str = ""
    hello: tuple[bytes, ...] = ()
    entries: tuple[Entry, ...] = ()
    activities: tuple[Activity, ...] = ()
    beats_per_bar: int = 4
    lead: float = 0.0
    lines: dict[Any, int] = field(default_factory=dict, repr=False, compare=False)


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        MappingError: It can't be read or isn't right; each problem with file and line.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MappingError(f"{path} is larger than a mapping file can be ({MAX_BYTES} bytes).")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise MappingError(f"{path} can't be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise MappingError(f"{path} is no mapping file: it is not UTF-8 text.") from error
    return parse_mapping(text, str(path))


def parse_mapping(text: str, file: str) -> Mapping:
    """Understand the text of a mapping file; ``file`` is its name for messages.

    Raises:
        MappingError: It isn't right; each problem with file and line.
    """
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # of TOML, or a number with thousands of digits
        raise MappingError(f"{file}: {error}. It has to be TOML.") from error
    except RecursionError as error:
        raise MappingError(f"{file}: values are nested too deeply.") from error
    lines = find_lines(text)
    problems = Problems(file, lines)
    mapping = _read(Section(data, (), problems), file, lines)
    problems.raise_if_any()
    return mapping


def _read(top: Section, file: str, lines: dict[Any, int]) -> Mapping:
    channel = _channel(top, ANY)
    takeover = top.word("takeover", "pickup", TAKEOVERS)
    feedback = top.switch("feedback", True)
    result = Mapping(
        file=file,
        name=top.text("name", Path(file).stem),
        ports=top.texts("ports"),
        outputs=top.texts("outputs"),
        note=top.text("note"),
        hello=_hello(top),
        beats_per_bar=top.whole("beats_per_bar", 4, 1, 32),
        lead=top.number("lead_ms", 0.0, 0.0, 500.0) / 1000.0,
        lines=lines,
        entries=tuple(
            entry
            for section in top.sections("control")[:MAX_ENTRIES]
            if (entry := _entry(section, channel, takeover, feedback)) is not None
        ),
        activities=tuple(_activity(section, channel) for section in top.sections("activity")[:MAX_ENTRIES]),
    )
    top.done()
    _complain_of_doubles(result, top.problems)
    return result


def _channel(section: Section, default: int) -> int:
    value = section.take(
        "channel",
        default,
        lambda v: v == "any" or (isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= 16),
        'a channel from 1 to 16, or "any"',
    )
    return ANY if value == "any" else value


def _input(section: Section, default: Input | None, channel: int) -> Input | None:
    """The message that a table names by one of ``cc``, ``cc14``, ``note``, ``bend`` and ``program``."""
    channel = _channel(section, channel)
    found: list[Input] = []
    for kind, high in ((CC, 127), (CC14, 31), (NOTE, 127)):
        number = section.whole(kind, ANY, 0, high)
        if kind in section:
            found.append(Input(kind, channel, number))
    if section.switch(BEND, False):
        found.append(Input(BEND, channel, 0))
    if PROGRAM in section:
        number = section.take(
            PROGRAM,
            ANY,
            lambda v: v == "any" or (isinstance(v, int) and not isinstance(v, bool) and 0 <= v <= 127),
            'a program from 0 to 127, or "any"',
        )
        found.append(Input(PROGRAM, channel, ANY if number == "any" else number))
    if len(found) > 1:
        section.complain(found[1].kind, f"a control has one message, and this one has {found[0].kind} too.")
    return found[0] if found else default


def _entry(section: Section, channel: int, takeover: str, feedback: bool) -> Entry | None:
    name, path = section.text("name"), section.text("path")
    heard = _input(section, None, channel)
    if heard is None:
        section.complain("", f"has no message. Name one of: {', '.join(INPUTS)}.")
    if "path" not in section:
        section.complain("", 'has no path, such as path = "/stem/vocals/gain".')
    mode = section.word("mode", "auto", MODES)
    encoding = section.word("relative", "twos", ENCODINGS)
    if "relative" in section:
        if mode not in ("auto", "relative"):
            section.complain("relative", f"goes with mode relative, not with {mode}.")
        mode = "relative"
    if heard is not None and mode == "relative" and heard.kind != CC:
        section.complain("mode", "only a cc can be relative.")
    if heard is not None and heard.kind == PROGRAM and mode not in ("auto", "press"):
        section.complain("mode", "a program change can only press.")
    if heard is not None and heard.kind in (CC14, BEND) and mode not in ("auto", "absolute"):
        section.complain("mode", f"{heard.kind} can only be absolute.")
    low, high = (section.take(key, None, is_number, "a number") for key in ("min", "max"))
    if low is not None and low == high:
        section.complain("max", "is the same as min.")
    entry = Entry(
        name=name,
        input=heard or Input(CC, channel, 0),
        path=path,
        mode=mode,
        encoding=encoding,
        step=section.number("step", DEFAULT_STEP, 0.0001, 1.0),
        takeover=section.word("takeover", takeover, TAKEOVERS),
        minimum=low,
        maximum=high,
        value=_value(section, heard),
        quantise=section.word("quantise", "off", QUANTISE),
        feedback=_feedback(section, heard, feedback),
        line=section.line,
    )
    section.done()
    return entry if heard is not None and path else None


def _value(section: Section, heard: Input | None) -> Any:
    many = heard is not None and heard == Input(PROGRAM, heard.channel, ANY)
    value = section.take(
        "value", None, lambda v: _is_value(v) or isinstance(v, list), "a text, a number, true or false"
    )
    if isinstance(value, list):
        if not many:
            section.complain("value", 'a list of values is for program = "any".')
        elif not value or len(value) > 128 or not all(map(_is_value, value)):
            section.complain("value", "takes 1 to 128 values, one for each program from 0 on.")
    return value


def _is_value(value: Any) -> bool:
    return isinstance(value, (str, bool)) or is_number(value)


def _feedback(section: Section, heard: Input | None, wanted: bool) -> Feedback | None:
    value = section.take("feedback", wanted, lambda v: isinstance(v, (bool, dict)), "true, false or a table")
    able = heard is not None and heard.kind != PROGRAM
    if not isinstance(value, dict):
        if section.place and value and "feedback" in section and not able:
            section.complain("feedback", "a program change has nothing to show it on.")
        return Feedback(heard) if value and able and heard is not None else None
    table = Section(value, (*section.place, "feedback"), section.problems)
    channel = heard.channel if heard is not None else ANY
    target = _input(table, heard, channel)
    if target is None or target.kind == PROGRAM:
        table.complain("", "needs a cc, a note or bend to be shown on.")
        target = Input(CC, channel, 0)
    result = Feedback(target, table.whole("on", 127, 0, 127), table.whole("off", 0, 0, 127))
    table.done()
    return result


def _activity(section: Section, channel: int) -> Activity:
    channel = _channel(section, channel)
    result = Activity(
        stem=section.text("stem"),
        channel=1 if channel == ANY else channel,
        note=section.whole("note", ANY, 0, 127),
        cc=section.whole("cc", ANY, 0, 127),
        source=section.word("source", "activity", ("activity", "gate", "level")),
        velocity=section.whole("velocity", 100, 1, 127),
        on=section.number("on", 0.6, 0.0, 1.0),
        off=section.number("off", 0.4, 0.0, 1.0),
        hold=section.number("hold_ms", 0.0, 0.0, 10_000.0) / 1000.0,
        lamp=section.switch("lamp", False),
        line=section.line,
    )
    if "stem" not in section:
        section.complain("", 'has no stem, such as stem = "vocals".')
    if "note" not in section and "cc" not in section:
        section.complain("", "has nothing to send. Name a note, a cc, or both.")
    if result.off > result.on:
        section.complain("off", f"{result.off:g} is above on ({result.on:g}).")
    section.done()
    return result


def _hello(top: Section) -> tuple[bytes, ...]:
    found = []
    for text in top.texts("hello"):
        try:
            data = bytes.fromhex(text)
        except ValueError:
            data = b""
        inside = all(byte < 0x80 for byte in data[1:-1])
        exclusive = len(data) >= 3 and data[0] == 0xF0 and data[-1] == 0xF7 and inside
        lengths = {0xC0: 2, 0xD0: 2}
        channel = bool(data) and 0x80 <= data[0] < 0xF0 and len(data) == lengths.get(data[0] & 0xF0, 3)
        if exclusive or (channel and all(byte < 0x80 for byte in data[1:])):
            found.append(data)
        else:
            top.complain("hello", f"'{text[:40]}' is no whole MIDI message in hexadecimal, such as B0 00 00.")
    return tuple(found)


def _complain_of_doubles(mapping: Mapping, problems: Problems) -> None:
    """One message may move several parameters, but not one twice."""
    known: dict[tuple[Input, str], Entry] = {}
    for index, entry in enumerate(mapping.entries):
        key = (entry.input, entry.path)
        if key in known and entry.value == known[key].value:
            problems.add(
                ("control", index, "path"), f"{entry.input} moves {entry.path} in line {known[key].line} already."
            )
        known.setdefault(key, entry)
