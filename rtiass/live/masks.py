"""The network in a thread of its own: frames go in and never block, masks come out by a deadline or late."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rtiass.masks import MaskFrame, MaskProducer
from rtiass.stft import BINS

QUEUE = 4
"""Magnitude frames that may wait for the network, unless more are planned for. More would be late anyway: the oldest is
dropped for a new one."""

TIMES = 2048


class AsyncMaskSource:
    """A mask source for the live separator.

    ``submit`` copies the frame and returns. ``collect`` waits for the masks asked for until ``deadline``, and then
    gives the newest that there are. While the network is behind it doesn't wait at all: one late mask costs one wait.

    Attributes:
        lookahead: Frames by which masks lag their magnitudes.
        deadline: Time of ``time.monotonic`` until which ``collect`` may wait; set by the audio thread.
        levels: Mean power of each stem in the newest frame, before gate and fader, shape (stems,) float32.
        skipped_frames: Frames that the network never saw because it was behind.
        error: The last error that the network raised, as a sentence, or an empty string.
        failures: Number of steps that raised.
    """

    def __init__(
        self,
        producer: MaskProducer,
        *,
        freewheel: bool = False,
        on_start: Callable[[], object] | None = None,
        bins: int = BINS,
    ) -> None:
        """Start the thread.

        Args:
            producer: The network and its gates; from now on only the thread touches it.
            freewheel: Wait without limit, lose nothing: the result equals that of the synchronous source.
            on_start: Called in the thread first, to raise its priority.
            bins: Number of frequency bins.
        """
        stems = len(producer.stems)
        self.lookahead = producer.lookahead
        self.deadline = 0.0
        self.levels = np.zeros(stems, np.float32)
        self.skipped_frames = 0
        self.failures = 0
        self.error = ""
        self._producer = producer
        self._freewheel = freewheel
        self._on_start = on_start
        self._changed = threading.Condition()
        self._frames: list[NDArray[np.float32]] = []
        self._free: list[int] = []
        self._pending: list[tuple[int, int, int, int]] = []  # slot, tick, period, generation
        self._results: list[MaskFrame] = []
        self._next = 0
        self._shape = stems, bins
        self.reserve(QUEUE - 2)
        self._front = MaskFrame(stems, bins)
        self._generation = 0
        self._finished = -1
        self._wanted = -1
        self._closed = False
        self._busy_since = math.inf
        self._times = np.zeros(TIMES)
        self._steps = 0
        self._power = np.zeros(bins, np.float32)
        self._shares = np.zeros((stems, bins), np.float32)
        self._thread = threading.Thread(target=self._run, name="rtiass-masks", daemon=True)
        self._thread.start()

    def reserve(self, steps: int) -> None:
        """Make room for masks that are applied so many steps late, and for as many frames handed over at once.

        Rings only grow. Any thread may call this; where there is room already nothing is allocated.

        Args:
            steps: Network steps, 0 or more.
        """
        stems, bins = self._shape
        with self._changed:
            while len(self._frames) < steps + 3:  # those that wait, a new one, and the one that is being worked on
                self._free.append(len(self._frames))
                self._frames.append(np.zeros((2, bins), np.float32))
            # The steps' own, the one that is asked for, one being written. Results are overwritten oldest first: new
            # places come next, behind the one that may be in use.
            missing = max(0, steps + 3 - len(self._results))
            self._results[self._next + 1 : self._next + 1] = [MaskFrame(stems, bins) for _ in range(missing)]

    def submit(self, magnitude: NDArray[np.float32], tick: int, period: int) -> None:
        """Hand over a magnitude frame, shape (2, bins) float32; it is copied."""
        with self._changed:
            while self._freewheel and not self._free and self.alive:
                self._changed.wait(1.0)
            if not self._free:
                self._free.append(self._pending.pop(0)[0])
                self.skipped_frames += 1
            slot = self._free.pop()
            np.copyto(self._frames[slot], magnitude)
            self._pending.append((slot, tick, period, self._generation))
            self._changed.notify_all()

    def collect(self, tick: int) -> MaskFrame | None:
        """Newest finished frame that is not newer than ``tick``, or None; unchanged until the next call."""
        with self._changed:
            behind = self._finished < self._wanted
            self._wanted = tick
            while self._finished < tick and self.alive:
                if self._freewheel:
                    self._changed.wait(1.0)
                    continue
                left = self.deadline - time.monotonic()
                if behind or left <= 0.0:
                    break
                self._changed.wait(left)
            best: MaskFrame | None = None
            # What is newer than the last finished step is being written at this moment.
            tick = min(tick, self._finished)
            for frame in self._results:
                if 0 <= frame.tick <= tick and (best is None or frame.tick > best.tick):
                    best = frame
            if best is None:
                return None
            if best.tick != self._front.tick:
                _copy_frame(best, self._front)
            return self._front

    def reset(self) -> None:
        """Forget everything; what is still under way is thrown away."""
        with self._changed:
            self._generation += 1
            self._free.extend(entry[0] for entry in self._pending)
            self._pending.clear()
            for frame in (*self._results, self._front):
                frame.clear()
            self._finished = self._wanted = -1

    def close(self) -> None:
        """Stop the thread after its current step."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def times(self) -> tuple[float, float, float]:
        """Median, 99th percentile and maximum of the last steps' times in seconds."""
        some = self._times[: min(self._steps, TIMES)]
        if not len(some):
            return 0.0, 0.0, 0.0
        return float(np.median(some)), float(np.percentile(some, 99)), float(some.max())

    @property
    def busy_for(self) -> float:
        """Seconds that the present step has taken so far; 0 while none is under way."""
        return max(0.0, time.monotonic() - self._busy_since)

    @property
    def bad_frames(self) -> int:
        """Steps whose result was not finite."""
        return self._producer.bad_frames

    @property
    def alive(self) -> bool:
        """The thread runs: there will be masks."""
        return not self._closed and self._thread.is_alive()

    def _run(self) -> None:
        if self._on_start is not None:
            self._on_start()
        generation = -1
        while True:
            with self._changed:
                while not self._pending and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                slot, tick, period, wanted = self._pending.pop(0)
                result = self._results[self._next]
                result.tick = -1
            if wanted != generation:
                self._producer.reset()
                generation = wanted
            self._busy_since = time.monotonic()
            good = self._step(slot, tick, period, result)
            self._busy_since = math.inf
            with self._changed:
                self._free.append(slot)
                if wanted == self._generation:
                    self._finished = tick
                    if good:
                        self._next = (self._next + 1) % len(self._results)
                if not good or wanted != self._generation:
                    result.tick = -1
                self._changed.notify_all()

    def _step(self, slot: int, tick: int, period: int, result: MaskFrame) -> bool:
        begun = time.perf_counter()
        try:
            good = self._producer.produce(self._frames[slot], tick, period, result)
        except Exception as error:
            # The sound goes on with the masks it has; what happened is shown, and the next frame is tried.
            self.failures += 1
            self.error = f"The network failed ({type(error).__name__}: {error}). Try another engine with --engine."
            return False
        self._times[self._steps % TIMES] = time.perf_counter() - begun
        self._steps += 1
        if good:
            self._measure(self._frames[slot], result)
        return good

    def _measure(self, magnitude: NDArray[np.float32], frame: MaskFrame) -> None:
        np.multiply(magnitude[0], magnitude[0], out=self._power)
        self._power += magnitude[1] * magnitude[1]
        np.multiply(frame.masks, frame.masks, out=self._shares)
        np.matmul(self._shares, self._power, out=self.levels)
        # Magnitudes are scaled so that their mean square is the variance of the samples, here of two channels.
        self.levels /= 2 * magnitude.shape[1]


def _copy_frame(source: MaskFrame, target: MaskFrame) -> None:
    np.copyto(target.masks, source.masks)
    np.copyto(target.activity, source.activity)
    np.copyto(target.weights, source.weights)
    target.tick = source.tick
