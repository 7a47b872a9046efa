"""The paper's use of activity: a threshold, a median of 21 frames around each, and a weight of 0 or 1 on the mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MEDIAN = 21
THRESHOLD = 0.5
"""Not given in the paper."""

OPEN, RAW, SMOOTH, TRUE = "open", "raw", "smooth", "true"
GATES = (OPEN, RAW, SMOOTH, TRUE)
"""No gate; the network's activity frame by frame; the same after the median, the paper's; the true labels."""


def smoothed(activity: NDArray[np.floating], frames: int = MEDIAN) -> NDArray[np.float64]:
    """Median of an odd number of frames around each; beyond either end there is no activity.

    Args:
        activity: Shape (frames,).
        frames: Length of the median.
    """
    padded = np.pad(np.asarray(activity, dtype=np.float64), frames // 2)
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, frames), axis=-1)


def weights(
    activity: NDArray[np.floating] | None,
    labels: NDArray[np.bool_],
    median: int = MEDIAN,
    threshold: float = THRESHOLD,
) -> dict[str, NDArray[np.float32]]:
    """Weights of a mask by frame, for each of GATES, shape (frames,).

    Args:
        activity: Probabilities, shape (frames,); None: the gates that need them are left out.
        labels: True activity at the moments of the same frames.
        median: Frames of the median.
        threshold: From here on a frame is active.
    """
    values: dict[str, NDArray[np.floating] | NDArray[np.bool_]] = {OPEN: np.ones(len(labels))}
    if activity is not None:
        values |= {RAW: activity >= threshold, SMOOTH: smoothed(activity, median) >= threshold}
    values[TRUE] = labels
    return {gate: np.asarray(value, dtype=np.float32) for gate, value in values.items()}


def told(median: int, threshold: float) -> str:
    """A sentence about the gate, for below a table: how it is set, and whether the paper has it so."""
    frames = "as published" if median == MEDIAN else f"not as published ({MEDIAN})"
    usual = "" if threshold == THRESHOLD else f"here usually {THRESHOLD:g}; "
    return (
        f"The gate follows the network's own activity: median of {median} frames, {frames}; threshold {threshold:g} "
        f"({usual}the paper gives none)."
    )
