"""What the live host tells of itself: a phase, a sentence, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STARTING, PLAYING, LOST, ENDED, FAILED = "starting", "playing", "lost", "ended", "failed"


@dataclass(frozen=True)
class Status:
    """What the host is doing.

    Attributes:
        phase: ``starting``, ``playing``, ``lost`` (the device is gone and looked for), ``ended`` or ``failed``.
        text: Sentence about the phase, empty while all is well.
        about: What the child told when it was ready: engine, model, stems, buses, devices, rate, block.
        notes: Sentences about refusals and fall-backs.
        restarts: How often playing was resumed.
        work: What goes on with the engines beside the sound, empty if nothing.
    """

    phase: str
    text: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    restarts: int = 0
    work: str = ""
