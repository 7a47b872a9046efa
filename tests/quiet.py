"""Tells what a disturbance does to the sound from what a busy machine does to it by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

TRIES = 4

Count = tuple[int, int]
"""Misses of the host, and periods that the audio server lost meanwhile."""


def check_undisturbed(disturbed: Callable[[], Count], undisturbed: Callable[[], Count]) -> None:
    """Fail if a disturbance makes the sound miss anything; skip, with the figures, where this machine can't tell.

    A machine that others use misses something now and then, and that is not what is to be found. A period that the audio
    server lost may cost the host one miss; what goes beyond is the host's own. A try without any is enough. Else the
    disturbance is to blame where as much sound right after it, with nothing to disturb it, misses nothing.

    Args:
        disturbed: Plays with the disturbance.
        undisturbed: Plays as long without it.
    """
    seen = []
    for _ in range(TRIES):
        misses, periods = disturbed()
        if misses <= periods:
            return
        seen.append(((misses, periods), undisturbed()))
    told = f"(misses, lost periods) with the disturbance and without: {seen}"
    if any(alone == (0, 0) for _, alone in seen):
        pytest.fail(told)
    pytest.skip(f"this machine is too busy to tell: {told}")
