"""What every engine does with a frame before the network sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOUDEST = 1e6
"""Largest magnitude let through; full scale is 1."""


def clean_into(magnitude: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Copy a frame of magnitudes into ``out`` with what is no magnitude replaced, without allocating.

    A single value that is not a number would stay in a recurrent state for good, so it counts as silence; so does a
    negative one, and infinity as ``LOUDEST``.

    Args:
        magnitude: Shape (2, bins) float32.
        out: The same shape, or one with leading axes of length 1.
    """
    target = out.reshape(magnitude.shape)
    np.fmax(magnitude, 0.0, out=target)
    np.minimum(target, LOUDEST, out=target)
