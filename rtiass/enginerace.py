"""``auto`` measures: a card that a model was compiled for is taken only where it is faster than the processor.

Only what was compiled ahead takes part ('rtiass engines build'): compiling can take a minute, and nobody asked for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rtiass import engine as registry
from rtiass.engine import CompilingEngine, EngineSession

if TYPE_CHECKING:
    from rtiass.bundle import Bundle

COMPILING = ("tensorrt",)
"""Engines that are asked whether they have compiled the model; no other one is imported for it."""

WARM_UP = 8
TRIAL = 40
GAIN = 0.9
"""A card is taken when it brings a frame's median time below this share of the processor's."""


def race(bundle: Bundle, session: EngineSession) -> tuple[str, EngineSession, str]:
    """Find a faster session than one that is open already.

    Args:
        bundle: Checked bundle.
        session: Opened on the processor; it is closed if another one is taken.

    Returns:
        The faster engine's name, empty if there is none; the session to use; and a note: empty, or a sentence about a
        compiled model that can't be used, to be shown.
    """
    for name in COMPILING:
        if name not in registry.engine_names():
            continue
        rival = None
        try:
            engine = registry.load_engine(name)
            if not isinstance(engine, CompilingEngine) or not engine.probe().available or not engine.ready(bundle):
                continue
            rival = engine.open(bundle)
            ours, theirs = median_seconds((session, rival), (bundle.channels, bundle.bins))
        except Exception as error:  # a plug-in of somebody else may fail in any way
            if rival is not None:
                rival.close()
            session.reset()
            return "", session, f"The model compiled for '{name}' is not used: {error}"
        if theirs < GAIN * ours:
            session.close()
            return name, rival, ""
        rival.close()
    return "", session, ""


def median_seconds(sessions: Sequence[EngineSession], shape: tuple[int, int]) -> list[float]:
    """Median time of a frame in each session; they take turns, so that a passing load on the machine meets all.

    Args:
        sessions: They are reset afterwards.
        shape: Of a frame.
    """
    frame = np.full(shape, 0.1, np.float32)
    seconds = np.empty((len(sessions), WARM_UP + TRIAL))
    for i in range(WARM_UP + TRIAL):
        for row, session in zip(seconds, sessions, strict=True):
            start = time.perf_counter()
            session.step(frame)
            row[i] = time.perf_counter() - start
    for session in sessions:
        session.reset()
    return [float(m) for m in np.median(seconds[:, WARM_UP:], axis=1)]
