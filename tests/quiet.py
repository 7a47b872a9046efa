"""Tells what a disturbance does to the sound from what a busy machine does to it by itself."""

from __future__ import annotations

from collections.abc import Callable

TRIES = 4


def misses_nothing(disturbed: Callable[[], int | None], undisturbed: Callable[[], int | None]) -> str:
    """Whether a disturbance makes the sound miss anything.

    A machine that others use misses something now and then, and that is not what is to be found. So a miss counts only
    where the audio server itself lost no period, and where as much sound right after it, with nothing to disturb it,
    misses nothing. One try without a miss is enough; without any try that counts there is nothing to blame either, and
    what was seen is told.

    Args:
        disturbed: Plays with the disturbance; number of misses, or None where the server lost periods.
        undisturbed: Plays as long without it; likewise.

    Returns:
        Empty if nothing speaks against the disturbance, else what was seen.
    """
    seen = []
    for _ in range(TRIES):
        misses = disturbed()
        if misses == 0:
            return ""
        alone = undisturbed()
        seen.append((misses, alone))
    blamed = [(misses, alone) for misses, alone in seen if misses is not None and alone == 0]
    return f"misses with and without the disturbance (None: the server's own): {seen}" if blamed else ""
