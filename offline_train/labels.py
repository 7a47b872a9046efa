"""Activity labels by energy tracking, as MedleyDB defines them.

Source: the activation confidence of marl/medleydb (R. Bittner et al., ISMIR 2014). The audio is half-wave rectified
and square-rooted, and averaged in 4096-sample Hann frames (whose window is zero just outside of them) at hop 2048:
half a frame of zeros stands in front, so that frame k is centred on sample 2048 k, and zeros behind, up to a whole
multiple of 4096. With E_i the energy of stem i of N, H_i = N E_i / max_t sum_i E_i, and 0 where the sum is below 0.01;
H_i is smoothed by a zero-phase second-order Butterworth low-pass (0.075 of the Nyquist frequency of the frames) and
mapped by a logistic function of slope 20 around 0.15. A stem is active where that confidence is at least 0.5.

Choices of this project: labels come from the whole item, not from a training chunk. The items of an aligned song are
labelled together, as the definition says. But packing a data set sums the tracks of a class to one item and leaves
silent ones out, so N is the number of classes that sound and not of tracks. An item without a song is its own mixture,
N = 1. Gains applied later do not change the labels: an instrument that plays softly still plays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt

FRAME_SAMPLES = 4096
HOP_SAMPLES = 2048
SILENCE = 0.01
CUTOFF = 0.075
SLOPE = 20.0
MIDPOINT = 0.15
_WINDOW = np.hanning(FRAME_SAMPLES + 2)[1:-1]


def frame_count(samples: int) -> int:
    """Frames of a recording, an odd number: those that lie whole in it after zeros were put in front and behind."""
    whole = -(-(samples + HOP_SAMPLES) // FRAME_SAMPLES)
    return 2 * whole - 1


def energy_envelope(mono: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of the rectified, square-rooted signal in Hann frames.

    Args:
        mono: Shape (samples,), full scale 1.

    Returns:
        Shape (frames,) float64, see :func:`frame_count`; element k is centred on sample ``k * HOP_SAMPLES``.
    """
    count = frame_count(len(mono))
    compressed = np.zeros((count + 1) * HOP_SAMPLES)
    compressed[HOP_SAMPLES : HOP_SAMPLES + len(mono)] = np.sqrt(np.maximum(mono, 0.0))
    halves = compressed.reshape(count + 1, HOP_SAMPLES)
    return (halves[:-1] @ _WINDOW[:HOP_SAMPLES] + halves[1:] @ _WINDOW[HOP_SAMPLES:]) / FRAME_SAMPLES


def rms_envelope(mono: NDArray[np.floating]) -> NDArray[np.float64]:
    """Root mean square around the centres of :func:`energy_envelope`, in rectangular frames."""
    count = frame_count(len(mono))
    squares = np.zeros((count + 1) * HOP_SAMPLES)
    squares[HOP_SAMPLES : HOP_SAMPLES + len(mono)] = np.square(mono, dtype=np.float64)
    power = squares.reshape(count + 1, HOP_SAMPLES).sum(axis=1)
    return np.sqrt((power[:-1] + power[1:]) / FRAME_SAMPLES)


def confidence(envelopes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Activation confidence of the stems of one song.

    Args:
        envelopes: Shape (stems, frames), from :func:`energy_envelope`.

    Returns:
        Shape (stems, frames) float64 in 0..1.
    """
    energy = np.asarray(envelopes, dtype=np.float64)
    total = energy.sum(axis=0)
    peak = total.max(initial=0.0)
    if peak < SILENCE:
        share = np.zeros_like(energy)
    else:
        share = len(energy) * energy / peak
        share[:, total < SILENCE] = 0.0
    b, a = butter(2, CUTOFF)
    reach = 3 * max(len(a), len(b))
    smooth = filtfilt(b, a, share, axis=1) if share.shape[1] > reach else share
    return 1.0 - 1.0 / (1.0 + np.exp(SLOPE * (smooth - MIDPOINT)))


def active(envelopes: Sequence[NDArray[np.floating]] | NDArray[np.floating]) -> NDArray[np.bool_]:
    """Labels of the stems of one song: :func:`confidence` of at least one half, shape (stems, frames)."""
    return confidence(np.asarray(envelopes)) >= 0.5


def at_samples(labels: NDArray[np.bool_], positions: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Labels at sample positions: the nearest label frame, clamped to the ends.

    Args:
        labels: Shape (frames,).
        positions: Sample positions in the item, any shape.

    Returns:
        Same shape as ``positions``.
    """
    index = (np.asarray(positions) + HOP_SAMPLES // 2) // HOP_SAMPLES
    return labels[np.clip(index, 0, len(labels) - 1)]
