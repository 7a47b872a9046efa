"""OSC packets taken apart without trust: bounded in size, depth and number, and nothing but plain values comes out.

Messages are decoded by python-osc. Bundles are walked here: an element of negative size makes python-osc's own walk
go round for ever, and it logs every unknown type tag, so both are refused before it sees them.
Format: Open Sound Control 1.0 specification; time tags are NTP's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rtiass.errors import UserError

MAX_PACKET = 8192
"""Bytes of a packet; larger ones are refused."""

MAX_DEPTH = 8
MAX_MESSAGES = 256
MAX_ADDRESS = 256
MAX_TEXT = 256
KNOWN_TAGS = frozenset("ihfdsTF")
NTP_TO_UNIX = 2208988800
BUNDLE = b"#bundle\x00"

Argument = float | bool | str


class BadPacket(Exception):  # noqa: N818 - the name says what it is
    """A packet that is no OSC, or more than is taken."""


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        address: Begins with a slash.
        arguments: Numbers, switches, texts.
    """

    address: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Group:
    """Messages that take effect together.

    Attributes:
        when: Seconds since 1970, or 0 for at once.
        messages: In the order sent.
    """

    when: float
    messages: tuple[Message, ...]


def require_osc() -> None:
    """Make sure that python-osc is there.

    Raises:
        UserError: It isn't.
    """
    try:
        import pythonosc  # noqa: F401
    except ImportError:
        raise UserError("OSC needs one more package. Install it: pip install 'rtiass[osc]'") from None


def unpack(data: bytes) -> list[Group]:
    """Take a packet apart.

    Args:
        data: One datagram.

    Returns:
        One group for a message, one for each bundle with messages, the outer before the inner.

    Raises:
        BadPacket: It is malformed, too large, too deep, or holds other than numbers, switches and texts.
    """
    if len(data) > MAX_PACKET:
        raise BadPacket("too large")
    if not data.startswith(BUNDLE):
        return [Group(0.0, (_message(data),))]
    groups: list[Group] = []
    count = 0
    waiting = [(data, 1)]
    while waiting:
        bundle, depth = waiting.pop(0)
        if depth > MAX_DEPTH or len(bundle) < 16:
            raise BadPacket("bundles too deep, or one cut off")
        messages = []
        for part in _elements(bundle):
            count += 1
            if count > MAX_MESSAGES:
                raise BadPacket("too many messages")
            if part.startswith(BUNDLE):
                waiting.append((part, depth + 1))
            else:
                messages.append(_message(part))
        if messages:
            groups.append(Group(unix_time(int.from_bytes(bundle[8:16], "big")), tuple(messages)))
    return groups


def unix_time(tag: int) -> float:
    """Seconds since 1970 of an NTP time tag of 64 bits; 0 for "at once"."""
    if tag <= 1:
        return 0.0
    seconds = tag >> 32
    # After 2036 the seconds begin anew.
    era = 0 if seconds >= 1 << 31 else 1 << 32
    return seconds + era - NTP_TO_UNIX + (tag & 0xFFFFFFFF) / 2.0**32


def pack(address: str, value: Argument) -> bytes:
    """A message with one value; a switch becomes 0 or 1, which every controller understands."""
    from pythonosc.osc_message_builder import OscMessageBuilder

    builder = OscMessageBuilder(address)
    if isinstance(value, str):
        builder.add_arg(value.replace("\x00", ""), "s")
    elif isinstance(value, bool):
        builder.add_arg(int(value), "i")
    else:
        builder.add_arg(float(value), "f")
    return builder.build().dgram


def _elements(bundle: bytes) -> Sequence[bytes]:
    parts, at = [], 16
    while at < len(bundle):
        if at + 4 > len(bundle):
            raise BadPacket("an element is cut off")
        size = int.from_bytes(bundle[at : at + 4], "big", signed=True)
        at += 4
        if size < 4 or size % 4 or at + size > len(bundle):
            raise BadPacket("an element has an impossible size")
        parts.append(bundle[at : at + size])
        at += size
    return parts


def _message(data: bytes) -> Message:
    from pythonosc.osc_message import OscMessage

    if not data.startswith(b"/"):
        raise BadPacket("neither a message nor a bundle")
    end = data.find(b"\x00")
    if not 0 < end <= MAX_ADDRESS:
        raise BadPacket("an address without end")
    tags = data[(end // 4 + 1) * 4 :].split(b"\x00", 1)[0]
    if tags and (tags[:1] != b"," or len(tags) > 9 or not KNOWN_TAGS.issuperset(tags[1:].decode("ascii", "replace"))):
        raise BadPacket("arguments of other kinds than numbers, switches and texts")
    try:
        message = OscMessage(data)
        return Message(message.address, tuple(_plain(value) for value in message.params))
    except BadPacket:
        raise
    except Exception as error:  # whatever a decoder of foreign bytes may raise
        raise BadPacket(str(error)) from error


def _plain(value: Any) -> Argument:
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return float(value)
    raise BadPacket("an argument that is no number, switch or short text")
