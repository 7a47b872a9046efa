"""What the live host can be told, checked before anything starts; it travels to the child as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from rtiass.activity import GATE_KINDS
from rtiass.errors import UserError
from rtiass.live.state import MAX_BUSES, MAX_OUTPUTS, MAX_STEMS
from rtiass.policy import POLICIES
from rtiass.stft import ALL_MODES, DEFAULT_MODE, MODES

HEADROOM = 256
"""Default head-room in device samples; see docs/live.md for the measurement behind it."""

MAX_MASK_DELAY = 256
"""Hops; more than the largest block ends in the fastest mode."""

MIX = ("mix", "karaoke", "instrumental")
"""Names that stand for several stems on one output: everything, and everything without the vocals."""


@dataclass(frozen=True)
class Route:
    """A bus on the device.

    Attributes:
        bus: Name: a stem, ``mix``, ``karaoke`` or ``instrumental``.
        channels: One or two device output channels, from 1.
    """

    bus: str
    channels: tuple[int, ...]


@dataclass(frozen=True)
class LiveOptions:
    """Everything the host needs to know.

    Attributes:
        routes: Which bus goes to which output channels; empty: the mix on channels 1 and 2.
        song: File to play in place of the device's input.
        start: Where in the song to begin, in seconds.
        input: Device name or index, or None for the default.
        output: The same for the output.
        input_channels: Device channels that are left and right, from 1; one alone is used for both.
        rate: Device rate in hertz, or None to choose.
        block: Device block in samples, 0 to let the driver choose; larger blocks than this are expected never.
        headroom: Samples by which the output is ahead beyond one block.
        mode: Name of the latency mode.
        policy: What is heard when masks are too old.
        model: Bundle name or folder, or None for the default one.
        engine: Engine name or ``auto``.
        gate: ``fast``, ``strict`` or ``off``.
        mask_delay: Hops by which masks lag in every mode, or None to plan it for each from a measurement at the start.
        freewheel: Wait for the separator in place of playing the dry input: for rendering as fast as it goes.
        awake: The processor is kept from sleeping between blocks.
        wait: Keep looking for a device that isn't there yet.
        vocals: Linear gain of the vocals on buses named ``karaoke``.
        faders: Linear fader gains by stem to begin with.
        songs: There is a set list, so the control state has ``/song/...``.
        playlist: Its songs are files: at the end of one the host waits for the next in place of ending.
        song_number: Number of the order that named ``song``; the host's own affair.
        record: Folder of the takes, or None to be unable to record.
        record_tracks: What to record; see ``rtiass.live.tracks``. Empty: every stem, and the outputs that are mixes.
        record_format: ``flac`` or ``wav``.
        record_now: Begin a take at the start, in place of waiting for the switch.
    """

    routes: tuple[Route, ...] = ()
    song: str | None = None
    start: float = 0.0
    input: str | int | None = None
    output: str | int | None = None
    input_channels: tuple[int, ...] = (1, 2)
    rate: int | None = None
    block: int = 0
    headroom: int = HEADROOM
    mode: str = DEFAULT_MODE
    policy: str = "mix"
    model: str | None = None
    engine: str = "auto"
    gate: str = "fast"
    mask_delay: int | None = None
    freewheel: bool = False
    awake: bool = False
    wait: bool = False
    vocals: float = 0.0
    faders: dict[str, float] = field(default_factory=dict)
    songs: bool = False
    playlist: bool = False
    song_number: int = 0
    record: str | None = None
    record_tracks: tuple[str, ...] = ()
    record_format: str = "flac"
    record_now: bool = True

    def __post_init__(self) -> None:
        """Check what can be checked without a device or a model.

        Raises:
            UserError: A value is out of range.
        """
        if self.mode not in ALL_MODES:
            raise UserError(f"There is no mode '{self.mode}'. Choose one of: {', '.join(MODES)}.")
        if self.policy not in POLICIES:
            raise UserError(f"There is no policy '{self.policy}'. Choose one of: {', '.join(POLICIES)}.")
        if self.gate not in GATE_KINDS:
            raise UserError(f"The gate is one of {', '.join(GATE_KINDS)}, not '{self.gate}'.")
        if self.mask_delay is not None and not 0 <= self.mask_delay <= MAX_MASK_DELAY:
            raise UserError(f"The mask delay is 0 to {MAX_MASK_DELAY} hops; leave it out to have it measured.")
        if not 0 <= self.block <= 8192:
            raise UserError("The block is 0 (the driver chooses) to 8192 samples.")
        if not 0 <= self.headroom <= 16384:
            raise UserError("The head-room is 0 to 16384 samples.")
        if self.rate is not None and not 8000 <= self.rate <= 192000:
            raise UserError("The rate is 8000 to 192000 Hz, for example --rate 48000.")
        if len(self.routes) > MAX_BUSES:
            raise UserError(f"At most {MAX_BUSES} outputs can be routed.")
        for route in self.routes:
            if len(route.channels) not in (1, 2) or not all(1 <= c <= MAX_OUTPUTS for c in route.channels):
                raise UserError(
                    f"An output is a name and one or two channels from 1 to {MAX_OUTPUTS}, as in vocals=3,4."
                )
        if len(self.input_channels) not in (1, 2) or not all(1 <= c <= 64 for c in self.input_channels):
            raise UserError("The input is one or two device channels from 1 on, as in 1,2.")

    def to_json(self) -> str:
        """As text for the child."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> LiveOptions:
        """Back from text."""
        values = json.loads(text)
        values["routes"] = tuple(Route(r["bus"], tuple(r["channels"])) for r in values["routes"])
        values["input_channels"] = tuple(values["input_channels"])
        values["record_tracks"] = tuple(values["record_tracks"])
        return LiveOptions(**values)


def parse_outputs(texts: Sequence[str]) -> tuple[Route, ...]:
    """Understand ``vocals=3,4`` and the like.

    Raises:
        UserError: It isn't of that form.
    """
    routes = []
    for text in texts:
        name, mark, numbers = text.partition("=")
        try:
            channels = tuple(int(part) for part in numbers.split(","))
        except ValueError:
            channels = ()
        if not mark or not name.strip() or not channels:
            raise UserError(f"'{text}' is not an output. Write a stem and its channels, as in --out vocals=3,4.")
        routes.append(Route(name.strip(), channels))
    return tuple(routes)


def bus_gains(bus: str, stems: Sequence[str], vocals: float = 0.0) -> dict[str, float]:
    """What of each stem a bus carries before the stems' faders.

    Args:
        bus: Name of a stem, ``mix``, ``karaoke`` or ``instrumental``.
        stems: The model's stems.
        vocals: Linear gain of the vocals on ``karaoke``.

    Raises:
        UserError: The name is neither a stem nor a mix.
    """
    if len(stems) > MAX_STEMS:
        raise UserError(f"The live host takes models of at most {MAX_STEMS} stems; this one has {len(stems)}.")
    if bus == "mix":
        return dict.fromkeys(stems, 1.0)
    if bus in MIX:
        level = vocals if bus == "karaoke" else 0.0
        return {stem: level if stem == "vocals" else 1.0 for stem in stems}
    if bus in stems:
        return {stem: 1.0 if stem == bus else 0.0 for stem in stems}
    raise UserError(f"There is no output '{bus}'. Choose a stem ({', '.join(stems)}) or one of: {', '.join(MIX)}.")
