"""Gates that only an evaluation has: the paper's median made causal, and one that knows the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation.truth import Truth
from offline_train.labels import at_samples
from rtiass.activity import GATE_KINDS, GateSettings, StrictGate
from rtiass.bundle import Bundle
from rtiass.engine import EngineSession
from rtiass.masks import MaskFrame, MaskProducer
from rtiass.stft import Mode

CAUSAL = "causal"
ORACLE = "oracle"
GATES = (*GATE_KINDS, CAUSAL, ORACLE)
"""Gates that can be measured: the runtime's, the paper's without its delay, and one that follows the true labels."""


class CausalGate(StrictGate):
    """The paper's median over the last 21 probabilities, binary weight, applied to the newest frame.

    It needs no delay, but opens and closes as late as ten frames: what the centred median of ``strict`` waits for.
    """

    def __init__(self, settings: GateSettings) -> None:
        super().__init__(settings)
        self.lookahead = 0


class CausalProducer(MaskProducer):
    """Masks of the network under causal medians."""

    def __init__(self, session: EngineSession, bundle: Bundle) -> None:
        """Make a producer."""
        super().__init__(
            session, bundle.stems, bundle.gates, gate="off", lookahead=bundle.lookahead,
            activity_lookahead=bundle.activity_lookahead,
        )  # fmt: skip
        self._gates = [CausalGate(bundle.gates.get(stem, GateSettings())) for stem in self.stems[:-1]]


class OracleProducer(MaskProducer):
    """Masks of the network under a gate that knows: open where the label of the stem says active, closed elsewhere."""

    def __init__(self, session: EngineSession, bundle: Bundle, truth: Truth, mode: Mode) -> None:
        """Make a producer.

        Args:
            session: Open engine session.
            bundle: Model.
            truth: The song; a stem whose truth is unknown stays open, one that the song lacks is closed.
            mode: Of the separator, for the moment that a frame is about.
        """
        super().__init__(
            session, bundle.stems, bundle.gates, gate="off", lookahead=bundle.lookahead,
            activity_lookahead=bundle.activity_lookahead,
        )  # fmt: skip
        unknown = np.ones(1, dtype=np.bool_)
        self._labels = [truth.labels(s) if s in truth.known else unknown for s in self.stems[:-1]]
        self._start = truth.start
        self._window = mode.window

    def produce(self, magnitude: NDArray[np.float32], tick: int, period: int, out: MaskFrame) -> bool:
        """Run one step; the weights are the labels of the middle of the window that its mask shapes."""
        there = super().produce(magnitude, tick, period, out)
        about = np.array([self._start + (tick + 1 - self.lookahead) * period - self._window // 2])
        for index, labels in enumerate(self._labels):
            out.weights[index] = float(at_samples(labels, about)[0])
        return there


def gated(session: EngineSession, bundle: Bundle, truth: Truth, mode: Mode, gate: str) -> MaskProducer:
    """Masks of the network under one of GATES."""
    if gate == ORACLE:
        return OracleProducer(session, bundle, truth, mode)
    if gate == CAUSAL:
        return CausalProducer(session, bundle)
    return MaskProducer.of(bundle, session, gate)
