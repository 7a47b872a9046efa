"""What a measurement of latency finds, as plain values: percentiles of times, and a row for each thing that was run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

SCHEMA = 1
"""Version of the form of ``report.json``."""


@dataclass(frozen=True)
class Figures:
    """Times in milliseconds, each one that was measured (nearest rank).

    Attributes:
        count: How many times they stand on.
        p50_ms: Half of the times are no longer.
        p99_ms: The same for 99 of 100; None if there are fewer than 100 times.
        p999_ms: The same for 999 of 1000; None if there are fewer than 1000 times.
        max_ms: The longest.
    """

    count: int
    p50_ms: float
    p99_ms: float | None
    p999_ms: float | None
    max_ms: float

    @property
    def nearly(self) -> float:
        """What nearly every time keeps: the 99th percentile, of few times the longest."""
        return self.max_ms if self.p99_ms is None else self.p99_ms


def figures(seconds: Sequence[float]) -> Figures:
    """Percentiles of at least one time in seconds."""
    values = 1000.0 * np.asarray(seconds, np.float64)

    def rank(share: float, least: int) -> float | None:
        return float(np.quantile(values, share, method="inverted_cdf")) if len(values) >= least else None

    middle = rank(0.5, 1)
    assert middle is not None
    return Figures(len(values), middle, rank(0.99, 100), rank(0.999, 1000), float(values.max()))


@dataclass(frozen=True)
class ComputeRow:
    """One engine, model, mode and number of threads, paced by a clock.

    Attributes:
        model: Its name.
        engine: Engine that ran it.
        threads: Threads that the engine has.
        mode: Name of the mode.
        buses: Stereo outputs that were mixed.
        hop_ms: Milliseconds from hop to hop: the time there is for frame and hop together.
        frame: Network steps.
        hop: Window, transform, mix, inverse and overlap-add.
        both: Frame and hop together, as one call took.
        wake: How late the clock woke the thread: the machine's part.
        cold_frame_ms: The first step after opening.
        cold_hop_ms: The first hop after opening.
        open_ms: Opening the model in the engine.
        real_time_factor: Compute time over audio time; below 1 it keeps up.
        overruns: Calls that took longer than a hop lasts.
        realtime: Real-time priority was granted.
        others: Cores that other processes took meanwhile; None where the system doesn't tell.
        stolen: Cores that the machine around this one took; the same.
    """

    model: str
    engine: str
    threads: int
    mode: str
    buses: int
    hop_ms: float
    frame: Figures
    hop: Figures
    both: Figures
    wake: Figures
    cold_frame_ms: float
    cold_hop_ms: float
    open_ms: float
    real_time_factor: float
    overruns: int
    realtime: bool
    others: float | None
    stolen: float | None

    @property
    def fits(self) -> float:
        """How often nearly every call (p99, of few calls the longest) fits into the time there is."""
        return self.hop_ms / self.both.nearly


@dataclass(frozen=True)
class LiveRow:
    """One mode, played by the live host.

    Attributes:
        model: Its name.
        engine: Engine that ran it, with one thread.
        mode: Name of the mode.
        block: Largest block of the device, in samples.
        headroom: Samples by which the output is ahead beyond a block.
        rate: Device rate in hertz.
        seconds: How long was counted.
        callbacks: Calls of the device meanwhile.
        xruns: What the driver reported as lost, input and output together.
        underruns: Times at which the separated sound was late and the input stood in.
        late_masks: Masks that were not there at their hop.
        skipped_frames: Frames that the network never saw.
        mask_age: Age of the masks in use beyond what is planned, looked at 50 times a second.
        oldest_mask_ms: The oldest since the start.
        start: The counts before counting began, from the first block on.
        mask_delay: Hops by which masks lag, as planned.
        latency_samples: The host's latency in device samples, as it tells it.
        latency_ms: The same in milliseconds.
        driver_ms: The driver's own figure for the output; None where it tells none.
        step: Median, p99 and maximum of the last 2048 network steps, in milliseconds.
        turn: p99 and maximum of the audio thread's turns, in milliseconds; they include waiting for masks.
        trial_ms: What the network kept when the lag was planned.
        cpu: Cores that the playing process took; None where the system doesn't tell.
        memory_mb: Its memory; the same.
        others: Cores that other processes took; the same.
        stolen: Cores that the machine around this one took; the same.
        restarts: How often the host had to start anew.
    """

    model: str
    engine: str
    mode: str
    block: int
    headroom: int
    rate: float
    seconds: float
    callbacks: int
    xruns: int
    underruns: int
    late_masks: int
    skipped_frames: int
    mask_age: Figures
    oldest_mask_ms: float
    start: dict[str, int]
    mask_delay: int
    latency_samples: float
    latency_ms: float
    driver_ms: float | None
    step: tuple[float, float, float]
    turn: tuple[float, float]
    trial_ms: float
    cpu: float | None
    memory_mb: float | None
    others: float | None
    stolen: float | None
    restarts: int

    @property
    def clean(self) -> bool:
        """Nothing of ours was late."""
        return not (self.underruns or self.late_masks or self.skipped_frames or self.restarts)


@dataclass(frozen=True)
class LoopRow:
    """The latency that the host tells beside the one that bursts of noise took, in samples.

    Attributes:
        mode: Name of the mode.
        block: The server's block.
        headroom: Samples by which the output is ahead beyond a block.
        reported: What the host tells.
        measured: What was measured, twice the same; None if no two agreed.
    """

    mode: str
    block: int
    headroom: int
    reported: int
    measured: int | None

    @property
    def difference(self) -> int | None:
        """Measured less reported."""
        return None if self.measured is None else self.measured - self.reported


@dataclass(frozen=True)
class StartRow:
    """Seconds from the start of a process to the first separated sample at the device, and to the host's readiness."""

    what: str
    sound_s: float
    ready_s: float


@dataclass
class Report:
    """All that was found.

    Attributes:
        machine: See ``rtiass.bench.machine``.
        models: Version by name.
        device: A sentence: what was measured, or why no device was.
        compute: Paced rows.
        live: Played rows.
        loopback: Measured latencies.
        starts: Times to first sound.
        advice: Sentences for musicians.
        failed: What could not be measured, by names alone.
        reasons: Why not; told on the terminal and not kept, for they may name folders and devices.
    """

    machine: dict[str, Any]
    models: dict[str, str]
    device: str = ""
    compute: list[ComputeRow] = field(default_factory=list)
    live: list[LiveRow] = field(default_factory=list)
    loopback: list[LoopRow] = field(default_factory=list)
    starts: list[StartRow] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def as_plain(self) -> dict[str, Any]:
        """As JSON has it."""
        plain = {"schema": SCHEMA, **asdict(self)}
        del plain["reasons"]
        for row, values in zip(self.compute, plain["compute"], strict=True):
            values["fits"] = row.fits
        for loop, values in zip(self.loopback, plain["loopback"], strict=True):
            values["difference"] = loop.difference
        return plain
