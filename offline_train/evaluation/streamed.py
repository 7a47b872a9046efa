"""Songs through the separator that ships, with one gate or several over one run of the network.

The mixture is streamed as a file job does it: mask delay 0 unless another is asked for, blocks of any size. Masking is
linear once the masks are fixed: a second separator applies the very same masks to the true vocals alone, so that the
output with the vocal fader at zero falls apart exactly into what is left of the voice and what is left of the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation.gates import GATES, gated
from offline_train.evaluation.timing import Timing, as_timing
from offline_train.evaluation.truth import Samples, Truth
from rtiass.bundle import Bundle
from rtiass.engine import EngineSession
from rtiass.errors import UserError
from rtiass.masks import MaskFrame, MaskProducer, SyncMaskSource
from rtiass.separator import StreamingSeparator

BLOCK = 1024
"""Samples between two looks at activity and gates; 43 looks a second."""


@dataclass(frozen=True)
class Streamed:
    """A song as a separator gave it, its latency taken out.

    Attributes:
        estimates: Audio by stem, each of shape (2, samples).
        leak: The part of the output with the vocals' fader at zero that was made of vocals, shape (2, samples).
        activity: Probabilities at the end of each block, shape (blocks, stems) float32.
        gates: Gate weights, the same shape.
        latency: Of the separator, in samples.
        activity_lag: Row k of ``activity`` is about the sample that many before the end of block k: the middle of the
            window which that frame's mask shapes.
        gates_lag: The same of ``gates``.
    """

    estimates: dict[str, Samples]
    leak: Samples
    activity: NDArray[np.float32]
    gates: NDArray[np.float32]
    latency: int
    activity_lag: int
    gates_lag: int


class Follower:
    """A mask source that shows another source's masks, for a separator that runs in step with it."""

    def __init__(self, source: SyncMaskSource) -> None:
        self._source = source
        self.lookahead = source.lookahead

    def submit(self, magnitude: NDArray[np.float32], tick: int, period: int) -> None:
        """The leader has run the network already."""

    def collect(self, tick: int) -> MaskFrame | None:
        """The leader's masks."""
        return self._source.collect(tick)

    def reset(self) -> None:
        """The leader resets."""


class SharedSession:
    """An engine session whose answers others can have again, in the same order."""

    def __init__(self, session: EngineSession) -> None:
        self._session = session
        self._queues: list[deque[tuple[NDArray[np.float32], NDArray[np.float32]]]] = []

    def echo(self) -> EchoSession:
        """A session that answers what this one answered; each of its steps needs one of this one before."""
        self._queues.append(deque())
        return EchoSession(self._queues[-1])

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Run the network."""
        masks, activity = self._session.step(magnitude)
        if self._queues:
            kept = (masks.copy(), activity.copy())
            for queue in self._queues:
                queue.append(kept)
        return masks, activity

    def reset(self) -> None:
        """Forget all states."""
        self._session.reset()

    def close(self) -> None:
        """The session belongs to the caller."""


class EchoSession:
    """Answers another session's answers; see :meth:`SharedSession.echo`."""

    def __init__(self, queue: deque[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> None:
        self._queue = queue

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The next answer; the magnitude is the same that the other session had."""
        return self._queue.popleft()

    def reset(self) -> None:
        """The states are the other session's."""

    def close(self) -> None:
        """Nothing to free."""


class _Run:
    """One gate's pair of separators and what they have put out."""

    def __init__(self, bundle: Bundle, producer: MaskProducer, timing: Timing, blocks: int) -> None:
        clock = timing.clock
        # The follower is up to a block behind the leader, whose masks it needs as late as the delay says.
        source = SyncMaskSource(producer, slots=2 + BLOCK // clock.period + timing.delay)
        self.stems = bundle.stems
        muted = {"muted": {name: float(name != "vocals") for name in bundle.stems}}
        self.leader, self.follower = (
            StreamingSeparator(
                bundle, masks, mode=timing.mode, buses=buses, period=timing.period, mask_delay=timing.delay
            )
            for masks, buses in ((source, None), (Follower(source), muted))
        )
        self.lags = [k * clock.period + clock.window // 2 for k in (bundle.activity_lookahead, producer.lookahead)]
        self.out = np.zeros((len(self.stems) + 1, blocks * BLOCK, 2), dtype=np.float32)
        self.activity = np.zeros((blocks, len(self.stems)), dtype=np.float32)
        self.gates = np.zeros_like(self.activity)

    def block(self, index: int, mixture: Samples, vocals: Samples) -> None:
        cut = slice(index * BLOCK, (index + 1) * BLOCK)
        self.leader.process_into(mixture, self.out[:-1, cut])
        self.follower.process_into(vocals, self.out[-1:, cut])
        self.activity[index], self.gates[index] = self.leader.activity, self.leader.gates

    def result(self, length: int) -> Streamed:
        latency = self.leader.latency_samples
        aligned = np.ascontiguousarray(self.out[:, latency : latency + length].transpose(0, 2, 1))
        estimates = dict(zip(self.stems, aligned[:-1], strict=True))
        return Streamed(estimates, aligned[-1], self.activity, self.gates, latency, *self.lags)


def separate_song(
    bundle: Bundle, session: EngineSession, truth: Truth, mode: str | Timing, gates: Sequence[str] = ("fast",)
) -> dict[str, Streamed]:
    """Stream a song's mixture, and its vocals alone through the same masks.

    Args:
        bundle: Model.
        session: Open engine session; it is reset first.
        truth: The song.
        mode: Name of the mode, or a mode with another mask period or delay.
        gates: One or more of GATES; the network runs once for all of them.

    Returns:
        What each gate gave, by its name.

    Raises:
        UserError: There is no such gate, or the period does not fit the mode.
    """
    unknown = [gate for gate in gates if gate not in GATES]
    if unknown or not gates:
        raise UserError(f"There is no gate '{unknown[0] if unknown else ''}'. Choose from: {', '.join(GATES)}.")
    timing = as_timing(mode)
    clock = timing.clock
    mixture, length = truth.mixture, truth.samples
    vocals = truth.stems.get("vocals", np.zeros_like(mixture))
    shared = SharedSession(session)
    sessions = [shared if index == 0 else shared.echo() for index in range(len(gates))]
    producers = [gated(own, bundle, truth, clock, gate) for own, gate in zip(sessions, gates, strict=True)]
    reach = max(p.lookahead for p in producers) * clock.period + clock.window
    blocks = -(-(length + reach) // BLOCK)
    runs = [_Run(bundle, producer, timing, blocks) for producer in producers]
    padded = np.zeros((2, blocks * BLOCK, 2), dtype=np.float32)
    padded[0, :length], padded[1, :length] = mixture.T, vocals.T
    for index in range(blocks):
        cut = slice(index * BLOCK, (index + 1) * BLOCK)
        for run in runs:
            run.block(index, padded[0, cut], padded[1, cut])
    return {gate: run.result(length) for gate, run in zip(gates, runs, strict=True)}
