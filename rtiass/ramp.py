"""The course of a move from one gain to another: as smooth as its length allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RAMP_SECONDS = 0.03
"""Length of a move of a fader, a mute or a gate by hand: steps of 10 ms are heard as clicks, 30 ms are not."""


def ease(way: float) -> float:
    """Share of a move that is done after a share of its time.

    The quintic that begins and ends without speed or acceleration: the side bands that a move gives a tone fall with
    the fourth power of their distance, where those of a straight line fall with the square.

    Args:
        way: Share of the time; what lies outside of 0..1 counts as its end.

    Returns:
        0..1, exactly 0 and 1 at the ends.
    """
    way = min(max(way, 0.0), 1.0)
    return way * way * way * (10.0 - way * (15.0 - 6.0 * way))


def ease_left(way: NDArray[np.float32], left: NDArray[np.float32]) -> None:
    """The share of a move that is still to come, ``1 - ease(way)``, of many at once and without allocating.

    Args:
        way: Shares of the time, any shape, float32; limited to 0..1 in place.
        left: Same shape, overwritten; exactly 1 and 0 at the ends.
    """
    np.maximum(way, 0.0, out=way)
    np.minimum(way, 1.0, out=way)
    np.multiply(way, -6.0, out=left)
    left += 15.0
    left *= way
    left -= 10.0
    for _ in range(3):
        left *= way
    left += 1.0
