"""Times engines as they will run: a frame at a time, one each period, their caches warm from nothing but that."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from rtiass.engine import EngineSession
from rtiass.pace import Clock, Sleep, paced
from rtiass.stft import BINS, DEFAULT_MODE, MODES, RATE

WARM_UP = 30
"""Steps before any is timed: engines compile, allocate and choose kernels in their first ones."""

ROUNDS = 4
"""The engines take turns this often, so that a passing load on the machine meets all of them."""

AFRESH = 2
"""Steps at the beginning of a turn that do not count: another engine has just had the caches."""

NEARLY = 95.0
"""Percentage of the steps that keep the time that is told."""


def try_paced(
    sessions: Mapping[str, EngineSession],
    *,
    seconds: float = 1.0,
    period: float = MODES[DEFAULT_MODE].period / RATE,
    clock: Clock = time.perf_counter,
    sleep: Sleep = time.sleep,
) -> tuple[dict[str, float], dict[str, str]]:
    """Run every session for about a second, a step each period as with live sound.

    Without the pauses a processor and a GPU would be faster than they are for music: the one keeps its clock up, the
    other does not fall asleep.

    Args:
        sessions: Open sessions by name; they are reset in the end.
        seconds: Time for each of them.
        period: Seconds from step to step.
        clock: Time in seconds.
        sleep: Waits for seconds.

    Returns:
        By name the seconds that nearly every step keeps; and of sessions that failed or gave no finite masks, why.
    """
    steps = AFRESH + max(1, math.ceil(seconds / period / ROUNDS))
    frame = np.abs(np.random.default_rng(0).standard_normal((2, BINS))).astype(np.float32)
    times: dict[str, list[float]] = {name: [] for name in sessions}
    failed: dict[str, str] = {}
    for turn in range(ROUNDS + 1):
        for name, session in sessions.items():
            if name in failed:
                continue
            try:
                if turn == 0:
                    _warm_up(session, frame, seconds, clock)
                else:
                    step = partial(session.step, frame)
                    found = paced(step, period, steps, patience=2.0, least=AFRESH + 1, clock=clock, sleep=sleep)
                    times[name] += found.times[AFRESH:]
            except Exception as error:  # an engine of somebody else may fail in any way
                failed[name] = f"It failed while it was measured ({type(error).__name__}: {error})."
    for name in sessions.keys() - failed.keys():
        sessions[name].reset()
    return {name: float(np.percentile(t, NEARLY)) for name, t in times.items() if name not in failed}, failed


def _warm_up(session: EngineSession, frame: NDArray[np.float32], seconds: float, clock: Clock) -> None:
    limit = math.inf
    for step in range(WARM_UP):
        masks, activity = session.step(frame)
        if step == AFRESH:
            # However long the first ones took, for it may have been compiling.
            limit = clock() + seconds
        if clock() > limit:
            break
    if not (np.isfinite(masks).all() and np.isfinite(activity).all()):
        raise ArithmeticError("its masks are no finite numbers")
