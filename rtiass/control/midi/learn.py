"""Learning: a control is moved, what it sends is understood, and a line of the mapping file is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rtiass.control.midi.checks import MappingError
from rtiass.control.midi.mapping import ANY, CC14, NOTE, Input, parse_mapping
from rtiass.control.midi.messages import BEND, CC, NOTE_ON, PROGRAM, Message
from rtiass.errors import UserError

ENOUGH = 12
"""Messages that tell a fader from an encoder and 7 bits from 14."""


def guess(messages: Iterable[Message]) -> tuple[Input, str] | None:
    """What control it was.

    Returns:
        Message of the control and its encoding if it counts clicks, else an empty text; None if nothing was moved.
    """
    known = [m for m in messages if m.kind in (CC, NOTE_ON, BEND, PROGRAM)]
    if not known:
        return None
    counted = Counter((m.kind, m.channel, 0 if m.kind == BEND else m.number) for m in known)
    (kind, channel, number), _ = counted.most_common(1)[0]
    if kind != CC:
        return Input(NOTE if kind == NOTE_ON else kind, channel, number), ""
    low, high = number % 32, number % 32 + 32
    if number < 64 and counted[CC, channel, low] >= 2 and counted[CC, channel, high] >= 2:
        return Input(CC14, channel, low), ""
    values = [m.value for m in known if (m.kind, m.channel, m.number) == (CC, channel, number)]
    return Input(CC, channel, number), encoding(values)


def encoding(values: list[int]) -> str:
    """How an encoder counts; empty for a fader or a button.

    Faders pass many values in order; an encoder repeats few near 0 and 127, 64, or 0 and 64. Turned one way only, an
    encoder with a sign bit can look like one around 64.
    """
    if len(values) < 4 or set(values) <= {0, 127}:
        return ""
    if all(1 <= v <= 8 or v >= 120 for v in values) and len(set(values)) < len(values):
        return "twos"
    if all(1 <= abs(v - 64) <= 8 for v in values) and len(set(values)) < len(values):
        return "offset"
    if all(1 <= v <= 8 or 65 <= v <= 72 for v in values) and len(set(values)) < len(values):
        return "sign"
    return ""


def learned(text: str, heard: Input, path: str, encoded: str = "", port: str = "") -> str:
    """A mapping file with a control put in; its comments and its order stay.

    Args:
        text: The file so far; may be empty.
        heard: What the control sends.
        path: Parameter it is to move. A control that is in the file already gets it in place of its own.
        encoded: Encoding of a relative control.
        port: Name of the port, for a new file.

    Raises:
        MappingError: The file so far is not right.
    """
    if not text.strip():
        text = f"ports = [{_quoted(port)}]\n" if port else ""
    mapping = parse_mapping(text, "the mapping file")
    lines = text.splitlines()
    for index, entry in enumerate(mapping.entries):
        if entry.input == heard:
            place = mapping.lines.get(("control", index, "path"))
            line = lines[place - 1] if place else ""
            new = re.sub(r"""(path\s*=\s*)("[^"]*"|'[^']*')""", lambda m: m[1] + _quoted(path), line, count=1)
            if place and new != line:
                lines[place - 1] = new
                return "\n".join(lines) + "\n"
            if place and f"{_quoted(path)}" in line:
                return text
    number = "true" if heard.kind == BEND else str(heard.number)
    block = ["", "[[control]]", f"{heard.kind} = {number}"]
    if heard.channel != ANY:
        block.append(f"channel = {heard.channel}")
    if encoded:
        block.append(f'relative = "{encoded}"')
    block.append(f"path = {_quoted(path)}")
    return "\n".join(lines + block).lstrip("\n") + "\n"


def write_mapping(path: Path, text: str) -> None:
    """Replace a mapping file, wholly or not at all.

    Raises:
        UserError: It can't be written, or would not be read again.
    """
    parse_mapping(text, str(path))
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"{path} can't be written ({error.strerror}).") from error


def read_text(path: Path) -> str:
    """Text of a file, empty if there is none.

    Raises:
        MappingError: It can't be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} can't be read as text.") from error


def _quoted(text: str) -> str:
    return '"' + "".join(c for c in text.replace("\\", "\\\\").replace('"', '\\"') if c.isprintable()) + '"'
