"""The recording process: takes what the audio thread stored, and writes it to files. It may be as slow as the disk is.

Run as ``python -m rtiass.live.recordwriter FD``; the first line of its standard input is its order, each further one
the name of the engine that is heard from then on, and when the input is closed (the host ended, however it did) it
writes what is left, completes the take and ends. What it has to say goes out as lines of text.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtiass.audiowriter import RIFF_LIMIT
from rtiass.live import recordring as rr
from rtiass.live.recordring import RecordRing
from rtiass.live.take import Take, seconds
from rtiass.stft import ALL_MODES, RATE

TURN = 0.05
REFRESH = 1.0
PORTION = 1 << 14
"""Most frames written in one go."""

HISTORY = 1 << 15
"""Frames of the input kept, to put it at the delay of the stems: more than any latency."""

RESERVE = 64 << 20
"""Bytes left free on the disk: recording stops before nothing can be written any more."""


@dataclass(frozen=True)
class Order:
    """What to write and where.

    Attributes:
        home: Folder of all takes.
        names: Names of the tracks.
        inputs: Indices of the tracks that are the dry input.
        fmt: ``flac`` or ``wav``.
        frames: Length of the ring.
        about: Values for ``take.toml``.
        reserve: Bytes left free on the disk.
        limit: Longest WAV file in bytes.
    """

    home: str
    names: tuple[str, ...]
    inputs: tuple[int, ...]
    fmt: str
    frames: int
    about: dict[str, Any] = field(default_factory=dict)
    reserve: int = RESERVE
    limit: int = RIFF_LIMIT

    def to_json(self) -> str:
        """As text for the process."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Order:
        """Back from text."""
        values = json.loads(text)
        return Order(**{**values, "names": tuple(values["names"]), "inputs": tuple(values["inputs"])})


class RecordWriter:
    """Empties the ring into takes.

    A file's sample i is the input's sample ``start_sample + i`` on every track: the stems' first ``latency`` samples
    belong to what came before the take and are left out, and the input is put at the stems' delay.
    """

    def __init__(self, ring: RecordRing, order: Order, say: Callable[[str], None]) -> None:
        self._ring, self._order, self._say = ring, order, say
        self._take: Take | None = None
        self._started = False
        self._position = 0
        self._latency = 0
        self._leave_out = 0
        self._history = np.zeros((0, len(order.inputs), 2), np.float32)
        self._next_refresh = 0.0

    def drain(self) -> None:
        """Take all that is there now."""
        ring, head = self._ring, self._ring.head
        while True:
            # In this order: an event is told before the first frame that it holds for is stored.
            stored = ring.get(rr.STORED)
            events = ring.get(rr.EVENTS)
            taken, seen = ring.get(rr.TAKEN), ring.get(rr.EVENTS_TAKEN)
            event = ring.events[seen % rr.EVENT_RING] if seen < events else None
            if event is not None and event[1] == taken:
                self._guard(self._follow, *(int(value) for value in event[[0, 2, 3, 4]]))
                head[rr.EVENTS_TAKEN] = seen + 1
                continue
            end = stored if event is None else int(event[1])
            if end == taken:
                break
            start = taken % len(ring.samples)
            some = min(end - taken, PORTION, len(ring.samples) - start)
            self._guard(self._add, ring.samples[start : start + some])
            head[rr.TAKEN] = taken + some
        self._guard(self._look_after)
        self._report()

    def change_engine(self, name: str) -> None:
        """Another engine is heard, since a moment ago."""
        self._order.about["engine"] = name
        if self._take is not None:
            self._guard(partial(self._take.note_change, engine=name))

    def end(self) -> None:
        """The host is gone: write what is left and complete the take."""
        self.drain()
        if self._started:
            self._guard(self._follow, rr.STOP, self._position, self._latency, 0)
        self._report()

    def _guard(self, work: Callable[..., None], *values: Any) -> None:
        """Do something; a fault of the disk ends the take but nothing else."""
        try:
            work(*values)
        except OSError as error:
            self._fail(error.strerror or str(error))

    def _follow(self, kind: int, position: int, latency: int, mode: int) -> None:
        """What an event says. The position is that of the next frame."""
        if kind == rr.START:
            self._started = True
            self._position, self._latency, self._leave_out = position, latency, latency
            self._history = np.zeros((0, len(self._order.inputs), 2), np.float32)
            self._ring.head[rr.STATE] = rr.RECORDING
            names = list(ALL_MODES)
            about = {"rate": RATE, "start_sample": position, "latency": latency, "mode": names[mode]}
            order = self._order
            self._take = Take(
                Path(order.home), order.names, order.fmt, {**order.about, **about}, limit=order.limit
            )  # fmt: skip
            self._ring.head[rr.TAKES] += 1
            self._check_room()
        elif self._started:
            self._fill(position - self._position)
            self._position = position
            if kind == rr.STOP:
                self._stop()
            else:
                if latency != self._latency and self._take is not None:
                    self._take.note_change(mode=list(ALL_MODES)[mode], latency=latency)
                self._latency = latency

    def _fill(self, missing: int) -> None:
        """Silence for what was lost."""
        if missing <= 0:
            return
        self._remember(np.zeros((min(missing, HISTORY), len(self._order.inputs), 2), np.float32))
        left_out = min(self._leave_out, missing)
        self._leave_out -= left_out
        if self._take is not None and missing > left_out:
            self._take.write_gap(missing - left_out)

    def _add(self, sound: NDArray[np.float32]) -> None:
        """Stored frames, shape (n, tracks, 2)."""
        self._position += len(sound)
        if self._take is None:
            return
        inputs = list(self._order.inputs)
        if inputs:
            self._remember(sound[:, inputs])
            sound = sound.copy()
            end = len(self._history) - self._latency
            late = self._history[max(0, end - len(sound)) : max(0, end)]
            sound[:, inputs] = 0.0
            if len(late):
                sound[len(sound) - len(late) :, inputs] = late
        left_out = min(self._leave_out, len(sound))
        self._leave_out -= left_out
        if left_out < len(sound):
            self._take.write(sound[left_out:])

    def _remember(self, sound: NDArray[np.float32]) -> None:
        self._history = np.concatenate([self._history, sound])[-(HISTORY + len(sound)) :]

    def _stop(self) -> None:
        self._started = False
        take = self._take
        if take is not None and take.frames == 0:
            self._take = None
            take.discard()
        elif take is not None:
            folder = take.close()
            self._take = None
            lost = f", of which {seconds(sum(n for _, n in take.gaps))} are silence" if take.gaps else ""
            clipped = f"; {take.clipped} samples were beyond full scale (WAV would keep them)" if take.clipped else ""
            self._say(f"Recorded {seconds(take.frames)} to {folder}{lost}{clipped}.")
        self._ring.head[rr.STATE] = rr.IDLE

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._take is not None and now >= self._next_refresh:
            self._next_refresh = now + REFRESH
            self._take.refresh()
            self._check_room()

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._order.home).free
        if self._order.reserve and free < self._order.reserve:
            raise OSError(0, "the disk is full")

    def _fail(self, reason: str) -> None:
        reason = reason[:1].lower() + reason[1:].rstrip(".")
        take, self._take = self._take, None
        self._ring.head[rr.STATE] = rr.FAULT
        folder = take.rescue(reason) if take is not None else None
        kept = f" {seconds(take.frames)} are kept in {folder}." if take is not None and folder else ""
        self._say(
            f"Recording stopped: {reason} ({self._order.home}).{kept} Playing goes on. Make room or choose another "
            "folder, then start recording anew."
        )

    def _report(self) -> None:
        head, take = self._ring.head, self._take
        if take is not None:
            head[rr.FRAMES], head[rr.CLIPPED] = take.frames, take.clipped
            head[rr.GAPS], head[rr.GAP_FRAMES] = len(take.gaps), sum(count for _, count in take.gaps)


def _speak(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main(arguments: Sequence[str]) -> None:
    """Run the process."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # It ends with the host, and not before all is on the disk.
    # A limit of the file size is to be an error as a full disk is.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    order = Order.from_json(sys.stdin.readline())
    ring = RecordRing(len(order.names), int(arguments[0]), order.frames)
    writer = RecordWriter(ring, order, _speak)
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], TURN)
        if ready:
            told = os.read(sys.stdin.fileno(), 4096)
            if not told:
                break
            for name in told.decode("utf-8", "replace").splitlines():
                writer.change_engine(name)
        writer.drain()
    writer.end()


if __name__ == "__main__":
    main(sys.argv[1:])
