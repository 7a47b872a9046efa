"""From magnitudes to gated masks: one step of the network and its gates, and where the steps run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from rtiass.activity import GateSettings, make_gate
from rtiass.bundle import Bundle
from rtiass.engine import EngineSession
from rtiass.loops import keep_finite
from rtiass.stft import BINS, RATE


class MaskFrame:
    """What one network step gives.

    Attributes:
        tick: Number of the step, from 0; -1 before the first.
        masks: Shape (stems, bins) float32, not gated.
        activity: Probabilities, shape (stems,) float32.
        weights: Gate weights 0..1, shape (stems,) float32.
    """

    __slots__ = ("activity", "masks", "tick", "weights")

    def __init__(self, stems: int, bins: int = BINS) -> None:
        self.tick = -1
        self.masks = np.zeros((stems, bins), np.float32)
        self.activity = np.zeros(stems, np.float32)
        self.weights = np.zeros(stems, np.float32)

    def clear(self) -> None:
        """Back to before the first step: all stems closed, everything in the last stem."""
        self.tick = -1
        for values in (self.masks, self.activity, self.weights):
            values.fill(0.0)


class MaskProducer:
    """One network and its gates, advanced a frame at a time. Not thread-safe: one thread runs it.

    Attributes:
        lookahead: Frames by which masks and weights lag their magnitudes: the model's lookahead, or its activity's plus
            the gate's, whichever is more.
        bad_frames: Steps whose result was not finite; the network's states were reset.
    """

    def __init__(
        self,
        session: EngineSession,
        stems: Sequence[str],
        gates: Mapping[str, GateSettings],
        *,
        gate: str = "fast",
        lookahead: int = 0,
        activity_lookahead: int | None = None,
        bins: int = BINS,
    ) -> None:
        """Make a producer.

        Args:
            session: Open engine session.
            stems: Stem names; the last takes what is left and has no gate.
            gates: Settings by stem; stems that are missing get the defaults.
            gate: ``fast``, ``strict`` or ``off``.
            lookahead: The model's lookahead in frames.
            activity_lookahead: That of its activities, if they come earlier than the masks.
            bins: Number of frequency bins.
        """
        self.stems = tuple(stems)
        self._session = session
        # One that changes over from one engine to another goes by the time from step to step, as the gates do.
        self._retime: Callable[[float], object] = getattr(session, "retime", lambda seconds: None)
        self._period = 0
        self._gates = [make_gate(gate, gates.get(stem, GateSettings()), 1024 / RATE) for stem in self.stems[:-1]]
        early = lookahead if activity_lookahead is None else activity_lookahead
        decided = early + max((g.lookahead for g in self._gates), default=0)
        self.lookahead = max(lookahead, decided)
        # A centred median tells of an earlier frame: that frame's mask waits for it. Or the weights wait for the mask.
        self._waiting = np.zeros((self.lookahead - lookahead + 1, len(self.stems), bins), np.float32)
        self._decided = np.zeros((self.lookahead - decided + 1, len(self.stems)), np.float32)
        self._steps = 0
        self.bad_frames = 0
        # Compiled or loaded now, not at the first step.
        keep_finite(self._waiting[0], self._decided[0], self._waiting[0], self._decided[0])

    @classmethod
    def of(cls, bundle: Bundle, session: EngineSession, gate: str = "fast") -> Self:
        """A producer of a bundle's masks.

        Args:
            bundle: The model's bundle.
            session: Open engine session.
            gate: ``fast``, ``strict`` or ``off``.
        """
        return cls(
            session, bundle.stems, bundle.gates, gate=gate, lookahead=bundle.lookahead,
            activity_lookahead=bundle.activity_lookahead,
        )  # fmt: skip

    def produce(self, magnitude: NDArray[np.float32], tick: int, period: int, out: MaskFrame) -> bool:
        """Run one step.

        Args:
            magnitude: Shape (2, bins) float32.
            tick: Number of the step.
            period: Mask period in samples at the model's rate.
            out: Overwritten with the result, if there is one.

        Returns:
            True; False if the network's answer was not finite. Then ``out`` is untouched, the network starts anew, and
            the caller holds its last masks.
        """
        if period != self._period:
            self._period = period
            self._retime(period / RATE)
            for gate in self._gates:
                gate.retime(period / RATE)
        masks, activity = self._session.step(magnitude)
        waiting = len(self._waiting)
        target = out.masks if waiting == 1 else self._waiting[self._steps % waiting]
        if not keep_finite(masks, activity, target, out.activity):
            self._session.reset()
            self.bad_frames += 1
            return False
        decided = self._decided[self._steps % len(self._decided)]
        for index, gate in enumerate(self._gates):
            decided[index] = gate.push(float(activity[index]))
        decided[-1] = 1.0
        if waiting > 1:
            np.copyto(out.masks, self._waiting[(self._steps + 1) % waiting])
        np.copyto(out.weights, self._decided[(self._steps + 1) % len(self._decided)])
        self._steps += 1
        # Last: a frame that says that it is there must be whole.
        out.tick = tick
        return True

    def reset(self) -> None:
        """Forget everything: the next step is the first."""
        self._session.reset()
        for gate in self._gates:
            gate.reset()
        self._waiting.fill(0.0)
        self._decided.fill(0.0)
        self._steps = 0
        self.bad_frames = 0


class MaskSource(Protocol):
    """Where a separator's masks come from: the same thread for files, a thread of their own live."""

    lookahead: int

    def submit(self, magnitude: NDArray[np.float32], tick: int, period: int) -> None:
        """Hand over a magnitude frame of shape (2, bins); it is copied or used up before the call returns."""
        ...

    def collect(self, tick: int) -> MaskFrame | None:
        """Newest finished frame that is not newer than ``tick``, or None; unchanged until the next call."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class SyncMaskSource:
    """Runs the network within ``submit``: for files, tests, and hosts with time to spare."""

    def __init__(self, producer: MaskProducer, slots: int = 2, bins: int = BINS) -> None:
        """Make a source.

        Args:
            producer: The network and its gates.
            slots: Number of results kept: two more than the steps by which the masks are delayed.
            bins: Number of frequency bins.
        """
        self.producer = producer
        self.lookahead = producer.lookahead
        self._slots = [MaskFrame(len(producer.stems), bins) for _ in range(slots)]
        self._next = 0
        self._bins = bins

    def reserve(self, slots: int) -> None:
        """Keep at least so many results; those that are there stay."""
        missing = max(0, slots - len(self._slots))
        # They come next, before the oldest result is overwritten.
        self._slots[self._next : self._next] = [MaskFrame(len(self.producer.stems), self._bins) for _ in range(missing)]

    def submit(self, magnitude: NDArray[np.float32], tick: int, period: int) -> None:
        """Run the step now."""
        if self.producer.produce(magnitude, tick, period, self._slots[self._next]):
            self._next = (self._next + 1) % len(self._slots)

    def collect(self, tick: int) -> MaskFrame | None:
        """Newest kept frame that is not newer than ``tick``."""
        best: MaskFrame | None = None
        for frame in self._slots:
            if 0 <= frame.tick <= tick and (best is None or frame.tick > best.tick):
                best = frame
        return best

    def reset(self) -> None:
        """Forget everything."""
        self.producer.reset()
        for frame in self._slots:
            frame.clear()
        self._next = 0


def as_source(bundle: Bundle, masks: EngineSession | MaskSource, gate: str, mask_delay: int) -> MaskSource:
    """The mask source itself, or a synchronous one around an engine session."""
    if hasattr(masks, "submit"):
        return cast(MaskSource, masks)
    session = cast(EngineSession, masks)
    producer = MaskProducer.of(bundle, session, gate)
    return SyncMaskSource(producer, slots=mask_delay + 2)
