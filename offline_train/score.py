"""Figures of merit of separated stems and of activity decisions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rtiass.stft import RATE

SILENT = 1e-3
"""A 1 s window of a target is silent below this RMS (-60 dB of full scale)."""


def window_energy(audio: NDArray[np.float32], window: int = RATE) -> NDArray[np.float64]:
    """Energy in successive windows, the last incomplete one left out.

    Args:
        audio: Shape (channels, samples).
        window: Samples.

    Returns:
        Shape (samples // window,) float64.
    """
    count = audio.shape[-1] // window
    cut = audio[..., : count * window].reshape(audio.shape[0], count, window)
    return np.square(cut, dtype=np.float64).sum(axis=(0, 2))


def decibels(ratio: float, floor: float = -120.0) -> float:
    """10 log10 of an energy ratio, not below ``floor``."""
    return max(floor, 10.0 * math.log10(ratio)) if ratio > 0 else floor


def sdr(target: NDArray[np.float32], estimate: NDArray[np.float32]) -> float:
    """Plain signal-to-distortion ratio 10 log10(|s|^2 / |s - e|^2) in dB of whole signals; NaN for a silent target."""
    energy = float(np.square(target, dtype=np.float64).sum())
    error = float(np.square(target - estimate, dtype=np.float64).sum())
    if energy < SILENT**2 * target.size:
        return math.nan
    return decibels(energy / max(error, 1e-12))


def windowed_sdr(target: NDArray[np.float32], estimate: NDArray[np.float32], window: int = RATE) -> NDArray[np.float64]:
    """SDR in dB of the windows in which the target sounds.

    Args:
        target: Shape (channels, samples).
        estimate: The same shape.
        window: Samples; 1 s as in museval.

    Returns:
        One value a window whose target is not silent.
    """
    energy = window_energy(target, window)
    error = window_energy(target - estimate, window)
    heard = energy >= SILENT**2 * window * target.shape[0]
    return 10.0 * np.log10(energy[heard] / np.maximum(error[heard], 1e-12))


def silence_energy(
    target: NDArray[np.float32], estimate: NDArray[np.float32], mixture: NDArray[np.float32], window: int = RATE
) -> float:
    """Energy of the estimate in the windows with a silent target, in dB of the mixture's there; NaN without such."""
    silent = window_energy(target, window) < SILENT**2 * window * target.shape[0]
    reference = window_energy(mixture, window)[silent].sum()
    if reference <= 0:
        return math.nan
    return decibels(float(window_energy(estimate, window)[silent].sum() / reference))


def auc(labels: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    """Area under the receiver operating curve, ties counted half; NaN if only one class occurs."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return math.nan
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def f1(labels: NDArray[np.bool_], decisions: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall; NaN if the label never occurs."""
    if not labels.any():
        return math.nan
    hits = int((labels & decisions).sum())
    return 2.0 * hits / max(1, int(labels.sum()) + int(decisions.sum()))


def false_share(labels: NDArray[np.bool_], decisions: NDArray[np.bool_]) -> float:
    """Share of positive decisions where the label is false; NaN if it is never false."""
    return float(np.mean(decisions[~labels])) if not labels.all() else math.nan


def level(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Energy of ``after`` over that of ``before`` in dB; NaN if ``before`` is silent."""
    energy = float(np.square(before, dtype=np.float64).sum())
    return decibels(float(np.square(after, dtype=np.float64).sum()) / energy) if energy > 1e-9 else math.nan


def projected_level(reference: NDArray[np.float32], output: NDArray[np.float32]) -> float:
    """Level in dB at which ``reference`` is contained in ``output``: that of its orthogonal projection."""
    energy = float(np.square(reference, dtype=np.float64).sum())
    if energy <= 1e-9:
        return math.nan
    share = float((reference.astype(np.float64) * output).sum()) / energy
    return decibels(share * share)
