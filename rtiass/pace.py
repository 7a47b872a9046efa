"""Runs work on a clock, a piece each period: caches and the processor's own clock are then as with live sound."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]
Sleep = Callable[[float], None]


@dataclass
class Paced:
    """What was found.

    Attributes:
        times: Seconds that each piece took.
        late: Seconds by which each began after it was due: the sleep's fault, or the last piece's.
    """

    times: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


def paced(
    work: Callable[[], object],
    period: float,
    count: int,
    *,
    patience: float = math.inf,
    least: int = 1,
    clock: Clock = time.perf_counter,
    sleep: Sleep = time.sleep,
) -> Paced:
    """Do a piece of work a number of times, one each period.

    Args:
        work: Called with nothing.
        period: Seconds from one beginning to the next. A piece that is late is not hurried: what it missed is gone.
        count: Number of pieces.
        patience: Of work that is far too slow a few pieces are enough: after so many times the time it should take in
            all, no more are begun.
        least: Pieces that are done all the same.
        clock: Time in seconds.
        sleep: Waits for seconds.
    """
    found = Paced()
    due = clock()
    limit = due + patience * count * period
    while len(found.times) < count:
        if len(found.times) >= least and clock() > limit:
            break
        wait = due - clock()
        if wait > 0:
            sleep(wait)
        begun = clock()
        work()
        found.times.append(clock() - begun)
        found.late.append(max(0.0, begun - due))
        due = max(due + period, clock())
    return found
