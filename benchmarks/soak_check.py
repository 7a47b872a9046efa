"""What a soak has to keep: its output sample by sample against a replay, its delay, its silences; for ``soak.py``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from soak_host import COUNTERS

from rtiass.bundle import load_bundle
from rtiass.engine import choose
from rtiass.live.options import LiveOptions, bus_gains
from rtiass.live.state import CONTROLS
from rtiass.live.take import CARD, read_card
from rtiass.live.tracks import plan_tracks
from rtiass.policy import POLICIES
from rtiass.separator import StreamingSeparator
from rtiass.stft import FRAME, RATE

PART = 1 << 14
TOLERANCE = 2e-6
"""Largest difference that counts as the same sample; the two ways add up in the same order, so it is 0 as a rule."""

AFTER = RATE
"""Samples after an incident in which nothing is compared: latency, fades and gates have ended by then."""

Sound = NDArray[np.float32]
INCIDENTS = ("underruns", "late_masks", "skipped_frames", "bad_frames", "lost_input", "restarts")


@dataclass
class Finding:
    """What a comparison found.

    Attributes:
        compared: Samples compared.
        excluded: Samples left out, for something that was counted happened there.
        wrong: Samples that differ although nothing was counted.
        largest: Largest difference among the compared ones.
        first: Where the first wrong one is.
    """

    compared: int = 0
    excluded: int = 0
    wrong: int = 0
    largest: float = 0.0
    first: int | None = None

    def add(self, at: int, found: Sound, wanted: Sound, out: NDArray[np.bool_]) -> None:
        """Compare a stretch, shape (n, channels); ``out`` marks what is left out, shape (n,)."""
        error = np.abs(found - wanted).max(axis=1)
        error[~np.isfinite(error)] = np.inf
        kept = error[~out]
        self.compared += len(kept)
        self.excluded += int(out.sum())
        if not len(kept):
            return
        self.largest = max(self.largest, float(kept.max()))
        bad = (error > TOLERANCE) & ~out
        self.wrong += int(bad.sum())
        if self.first is None and bad.any():
            self.first = at + int(np.argmax(bad))


@dataclass
class Run:
    """All that a run left behind.

    Attributes:
        folder: Logs, ``heard.bin`` and the takes.
        options: Of the host.
        sound: What was played in a loop, shape (n, 2).
        latency: The host's own figure in samples.
        prefill: Of it, what lies outside of the separator.
        mask_delay: In hops.
        begun: Position of the host's clock at which the sound began.
    """

    folder: Path
    options: LiveOptions
    sound: Sound
    latency: int
    prefill: int
    mask_delay: int
    begun: int = 0
    heard: NDArray[np.float32] = field(init=False)
    rows: NDArray[Any] = field(init=False)

    def __post_init__(self) -> None:
        channels = 1 + sum(len(route.channels) for route in self.options.routes)
        self.heard = np.memmap(self.folder / "heard.bin", np.float32, "r").reshape(-1, channels)
        self.rows = np.fromfile(self.folder / "counters.bin", COUNTERS)

    def played(self, begin: int, count: int) -> Sound:
        """What was played from a sample on; silence before the first."""
        start = begin % len(self.sound)
        if begin >= 0 and start + count <= len(self.sound):
            return self.sound[start : start + count]
        index = np.arange(begin, begin + count)
        return np.where(index[:, None] >= 0, self.sound[index % len(self.sound)], np.float32(0.0))

    def left_out(self, names: tuple[str, ...] = INCIDENTS) -> NDArray[np.bool_]:
        """Places of ``heard`` at which a counter went up, and a second more."""
        out = np.zeros(len(self.heard), np.bool_)
        for before, after in zip(self.rows[:-1], self.rows[1:], strict=True):
            if any(before[name] != after[name] for name in names):
                begin = int(min(before["captured"], before["position"])) - self.begun - AFTER // 2
                end = int(max(after["captured"], after["position"])) - self.begun + self.latency + AFTER
                out[max(0, begin) : max(0, end)] = True
        return out


def parts(length: int) -> Iterator[tuple[int, int]]:
    """Begin and length of portions."""
    for at in range(0, length, PART):
        yield at, min(PART, length - at)


def check_direct(run: Run) -> Finding:
    """The way past the host: what says that the test itself lost nothing."""
    found = Finding()
    for at, count in parts(len(run.heard)):
        wanted = run.played(at, count)[:, :1]
        found.add(at, run.heard[at : at + count, :1], wanted, np.zeros(count, np.bool_))
    return found


def check_delay(run: Run, out: NDArray[np.bool_]) -> Finding:
    """The output at unity is the input, late by the reported latency, at every sample."""
    found = Finding()
    for at, count in parts(len(run.heard)):
        wanted = run.played(at - run.latency, count)
        found.add(at, run.heard[at : at + count, 1:3], wanted, out[at : at + count])
    return found


def measured_delay(run: Run, at: int, length: int = 1 << 16, most: int = 1 << 14) -> int:
    """Delay of the output at a place, by the highest correlation with what was played."""
    heard = np.asarray(run.heard[at : at + length, 1], np.float64)
    played = run.played(at - most, length + most)[:, 0].astype(np.float64)
    size = 1 << (2 * length + most).bit_length()
    cross = np.fft.irfft(np.fft.rfft(heard[::-1], size) * np.fft.rfft(played, size), size)
    lags = cross[length - 1 : length + most]
    # Louder places of the music do not win by being louder.
    energy = np.concatenate([[0.0], np.cumsum(played**2)])
    level = np.sqrt(energy[length : length + most + 1] - energy[: most + 1])
    return most - int(np.argmax(lags / np.maximum(level, 1e-9)))


def longest_silence(run: Run) -> tuple[int, int]:
    """Longest run of exact zeros of the output at unity, and of what was played, in samples."""
    heard = ~np.any(np.asarray(run.heard[run.latency :, 1:3]) != 0.0, axis=1)
    played = ~np.any(np.concatenate([run.sound, run.sound]) != 0.0, axis=1)
    return longest_run(heard), longest_run(played)


def longest_run(marks: NDArray[np.bool_]) -> int:
    """Length of the longest row of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.view(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def read_track(folder: Path, name: str) -> tuple[dict[str, Any], Path]:
    """Card of the only take, and the file of a track."""
    take = next(path for path in sorted((folder / "takes").iterdir()) if path.is_dir())
    card = read_card(take / CARD)
    return card, next(
        take / file for file in card["files"] if file.removeprefix(take.name + "_").startswith(name + ".")
    )


def find_begin(run: Run) -> int:
    """Position of the host's clock at which the sound began, by the recorded input."""
    card, path = read_track(run.folder, "input")
    with soundfile.SoundFile(path) as file:
        at = 0
        while len(block := file.read(PART, dtype="float32", always_2d=True)):
            if block.any():
                return int(card["start_sample"]) + at + int(np.flatnonzero(block.any(axis=1))[0])
            at += len(block)
    raise ValueError("the take is silent")


def check_take(run: Run, name: str, channels: slice | None, out: NDArray[np.bool_]) -> Finding:
    """A recorded track against what was heard, or against what was played (``channels`` None)."""
    card, path = read_track(run.folder, name)
    found = Finding()
    gaps = sum(int(gap["frames"]) for gap in card.get("gap", ()))
    found.excluded += gaps
    with soundfile.SoundFile(path) as file:
        file.seek(max(0, run.begun - int(card["start_sample"])))
        for at, count in parts(len(run.heard) - run.latency):
            block = file.read(count, dtype="float32", always_2d=True)
            some = len(block)
            if channels is None:
                wanted = run.played(at, some)
            else:
                wanted = run.heard[at + run.latency : at + run.latency + some, channels]
            found.add(at, block, wanted, out[at + run.latency : at + run.latency + some])
    return found


def read_states(run: Run) -> list[tuple[int, NDArray[Any]]]:
    """Control states in the order in which they were heard, each with the sample from which on."""
    states = {int(row["control"]): row for row in np.fromfile(run.folder / "states.bin", CONTROLS)}
    applied = np.fromfile(run.folder / "applied.bin", np.int64).reshape(-1, 2).tolist()
    return [(sample, states[revision]) for revision, sample in applied]


def check_replay(run: Run, out: NDArray[np.bool_]) -> tuple[Finding, int]:
    """The file job's separator with the same hands at the same samples, against every output.

    Returns:
        What was found, and the number of control states replayed. After a frame that the network never saw its states
        are others: from there on nothing is compared.
    """
    options = run.options
    bundle = load_bundle(options.model)
    _, session, _ = choose(options.engine, bundle, 1)
    routes = [route.bus for route in options.routes]
    buses = {bus: bus_gains(bus, bundle.stems, options.vocals) for bus in routes}
    plan = plan_tracks(options.record_tracks, bundle.stems, routes, options.vocals)
    separator = StreamingSeparator(
        bundle, session, mode=options.mode, buses={**buses, **plan.post, **plan.pre}, gate=options.gate,
        mask_delay=run.mask_delay, unheard=plan.rendered,
    )  # fmt: skip
    hop, faded = separator.mode.hop, len(buses) + len(plan.post)

    def follow(state: NDArray[Any]) -> None:
        separator.mixer.set_gains(state["gains"][:faded, : len(bundle.stems)])
        separator.policy = POLICIES[int(state["policy"])]
        separator.bypass = bool(state["bypass"])
        separator.gate_modes.set_codes(state["gate_modes"][: len(bundle.stems)])

    waiting = read_states(run)
    follow(waiting.pop(0)[1])
    separator.snap()
    lost = np.flatnonzero(
        (run.rows["skipped_frames"] > 0) | (run.rows["lost_input"] > 0) | (run.rows["bad_frames"] > 0)
    )
    # What was written ahead: sample p of the separator is heard at p + prefill.
    last = run.begun + len(run.heard) - run.prefill
    if len(lost):
        last = min(last, int(run.rows["position"][max(0, int(lost[0]) - 1)]) - FRAME)
    found, replayed, position = Finding(), 0, 0
    while position < last:
        end = min(last, position + PART)
        if waiting:
            # Set within the hop at whose end it is first heard.
            begin = waiting[0][0] - hop
            if begin <= position:
                follow(waiting.pop(0)[1])
                replayed += 1
                continue
            end = min(end, begin)
        made = separator.process(run.played(position - run.begun, end - position))
        at = position - run.begun + run.prefill
        skip = max(0, -at)
        if at + end - position > 0:
            wanted = np.concatenate([made[bus][skip:] for bus in routes], axis=1)
            stretch = slice(at + skip, at + skip + len(wanted))
            found.add(at + skip, run.heard[stretch, 1:], wanted, out[stretch])
        position = end
    found.excluded += max(0, run.begun + len(run.heard) - run.prefill - last)
    session.close()
    return found, replayed
