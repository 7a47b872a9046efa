"""The child's end of recording: the ring, the tap for the audio thread, and the recording process."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtiass.live import recordring as rr
from rtiass.live.recordring import RecordRing, Tap
from rtiass.live.recordwriter import Order
from rtiass.live.state import SharedState
from rtiass.live.take import finish_takes
from rtiass.live.tracks import INPUT, RecordPlan
from rtiass.render import Renderer
from rtiass.stft import ALL_MODES

FINISH_WITHIN = 0.4


class Recorder:
    """Starts the recording process and carries its words and figures.

    Attributes:
        tap: For the audio thread.
        plan: What is recorded.
        notes: Sentences to be told, in order; only ever appended to.
    """

    def __init__(self, plan: RecordPlan, folder: Path, fmt: str, about: dict[str, Any]) -> None:
        """Complete what an earlier run left behind, and start the process.

        Args:
            plan: The tracks.
            folder: Folder of all takes.
            fmt: ``flac`` or ``wav``.
            about: Values for each ``take.toml``.
        """
        self.plan = plan
        self.notes: list[str] = []
        for done in finish_takes(folder):
            self.notes.append(f"A take that was cut off by a crash has been completed: {done}.")
        tracks = plan.tracks
        self._ring = RecordRing(len(tracks))
        self.tap = Tap(self._ring, np.array([track.row for track in tracks], np.int32))
        order = Order(
            str(folder), tuple(track.name for track in tracks),
            tuple(i for i, track in enumerate(tracks) if track.source == INPUT), fmt, len(self._ring.samples),
            {**about, "tracks": [f"{track.source}:{track.place}" for track in tracks]},
        )  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rtiass.live.recordwriter", str(self._ring.fd)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[self._ring.fd],
        )  # fmt: skip
        assert self._process.stdin is not None
        self._process.stdin.write(order.to_json() + "\n")
        self._process.stdin.flush()
        self._reader = threading.Thread(target=self._hear, name="rtiass-record", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of the recording process."""
        return self._process.pid

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.notes.append(line.strip())

    def tell_engine(self, name: str) -> None:
        """Another engine is heard: the present take notes it, later ones begin with it."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(name + "\n")
            self._process.stdin.flush()

    def report(self, state: SharedState) -> None:
        """Copy the figures to where the host sees them; call it often."""
        get = self._ring.get
        if self._process.poll() is not None and get(rr.STATE) != rr.FAULT:
            self._ring.head[rr.STATE] = rr.FAULT
            self.notes.append(
                "Recording stopped: its process has ended. Playing goes on; the take is completed at the next start."
            )
        state.put("recording", get(rr.STATE))
        state.put("recorded_frames", get(rr.FRAMES))
        state.put("record_gaps", get(rr.GAPS))
        state.put("record_gap_frames", get(rr.GAP_FRAMES))
        state.put("record_clipped", get(rr.CLIPPED))

    def close(self) -> None:
        """Let the process complete the take; it goes on by itself if that takes long."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(FINISH_WITHIN)
            self._reader.join(0.1)
        self._ring.close()


def rendering_cost(buses: int, mode: str) -> float:
    """Seconds a hop that so many buses more cost, measured here on silence (median)."""
    if not buses:
        return 0.0
    renderer = Renderer(ALL_MODES[mode], 2, buses, 0)
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        renderer.synthesise()
        times.append(time.perf_counter() - begun)
    return float(np.median(times))


def about_take(song: str | None, model: str, engine: str, outputs: Sequence[str]) -> dict[str, Any]:
    """Values for ``take.toml`` that the host knows."""
    return {"song": song or "", "model": model, "engine": engine, "outputs": list(outputs)}
