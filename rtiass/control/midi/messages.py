"""MIDI bytes become messages, whatever the bytes are (MIDI 1.0 Detailed Specification, 4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NOTE_OFF, NOTE_ON, CC, PROGRAM, BEND = "note_off", "note_on", "cc", "program", "bend"
CLOCK, START, CONTINUE, STOP, POSITION = "clock", "start", "continue", "stop", "position"

_CHANNEL = {0x80: NOTE_OFF, 0x90: NOTE_ON, 0xA0: "key_pressure", 0xB0: CC, 0xC0: PROGRAM, 0xD0: "pressure", 0xE0: BEND}
_COMMON = {0xF1: ("time_code", 1), 0xF2: (POSITION, 2), 0xF3: ("song", 1), 0xF6: ("tune", 0)}
_REAL_TIME = {0xF8: CLOCK, 0xFA: START, 0xFB: CONTINUE, 0xFC: STOP, 0xFE: "sensing", 0xFF: "reset"}
_SYSEX, _END = 0xF0, 0xF7


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        kind: ``note_on``, ``note_off``, ``cc``, ``program``, ``bend``, ``clock`` and so on. A note-on without velocity
            is a ``note_off``.
        channel: 1..16; 0 where the message has none.
        number: Note, controller or program, 0..127.
        value: Velocity or controller value, 0..127; bend and song position 0..16383.
    """

    kind: str
    channel: int = 0
    number: int = 0
    value: int = 0

    def __str__(self) -> str:
        place = f"channel {self.channel:2}  " if self.channel else ""
        if self.kind == PROGRAM:
            return f"{place}program {self.number}"
        if self.kind in (BEND, POSITION, "pressure"):
            return f"{place}{self.kind} {self.value}"
        if self.channel:
            return f"{place}{self.kind.replace('_', ' ')} {self.number} value {self.value}"
        return self.kind


class Parser:
    """Takes bytes in portions of any size; keeps what is unfinished for the next.

    Running status is understood, real-time bytes may stand anywhere, system exclusive data are skipped, and what
    makes no sense is dropped.
    """

    def __init__(self) -> None:
        self._status = 0
        self._first = -1
        self._in_sysex = False

    def feed(self, data: Iterable[int]) -> list[Message]:
        """The messages that are complete after these bytes (0..255), in order."""
        found = []
        for byte in data:
            message = self._status_byte(byte) if byte & 0x80 else self._data_byte(byte)
            if message is not None:
                found.append(message)
        return found

    def _status_byte(self, byte: int) -> Message | None:
        if byte >= 0xF8:  # real time: in the midst of anything, and nothing is forgotten
            kind = _REAL_TIME.get(byte)
            return Message(kind) if kind is not None else None
        self._first = -1
        self._in_sysex = byte == _SYSEX
        # System common messages end running status; a channel message begins it.
        self._status = byte if byte < _SYSEX or byte in _COMMON else 0
        if byte in _COMMON and _COMMON[byte][1] == 0:
            self._status = 0
            return Message(_COMMON[byte][0])
        return None

    def _data_byte(self, byte: int) -> Message | None:
        status = self._status
        if self._in_sysex or not status:
            return None
        if status < _SYSEX:
            kind, channel, count = _CHANNEL[status & 0xF0], (status & 0x0F) + 1, 1 if status & 0xE0 == 0xC0 else 2
        else:
            (kind, count), channel = _COMMON[status], 0
        if count == 2 and self._first < 0:
            self._first = byte
            return None
        first, self._first = self._first, -1
        if status >= _SYSEX:
            self._status = 0
        if count == 1:
            return Message(kind, channel, byte) if kind == PROGRAM else Message(kind, channel, 0, byte)
        if kind in (BEND, POSITION):
            return Message(kind, channel, 0, first | byte << 7)
        if kind == NOTE_ON and byte == 0:
            kind = NOTE_OFF
        return Message(kind, channel, first, byte)
