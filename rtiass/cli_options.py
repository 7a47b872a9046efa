"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Mode(StrEnum):
    """Latency of the separator; the longer, the cleaner."""

    studio = "studio"
    live = "live"
    tight = "tight"
    ultra = "ultra"
    instant = "instant"
    paper = "paper"


class Gate(StrEnum):
    """What the activity of a stem does to it."""

    fast = "fast"
    strict = "strict"
    off = "off"


class Format(StrEnum):
    """Sound file format."""

    wav = "wav"
    flac = "flac"
    ogg = "ogg"


ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="NAME|PATH", help="A shipped model (see 'rtiass models') or its folder."),
]
EngineOption = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="What runs the network (see 'rtiass engines').")
]
ModeOption = Annotated[
    Mode,
    typer.Option(
        "--mode", help="Window of the transform; files don't feel its latency. paper: for networks trained that way."
    ),
]
GateOption = Annotated[Gate, typer.Option("--gate", help="How stems are silenced where they are not heard.")]
ThreadsOption = Annotated[int | None, typer.Option("--threads", min=1, help="Threads of the engine.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
