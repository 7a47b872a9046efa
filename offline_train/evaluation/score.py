"""Figures of merit of separated stems and of activity decisions. docs/evaluation.md has the formulas in one place."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rtiass.stft import RATE

SILENT = 1e-3
"""A 1 s window of a signal is silent below this RMS (-60 dB of full scale)."""

FLOOR = -120.0
"""Lowest figure in dB."""

USDR_EPS = 1e-7
PES_EPS = 1e-12


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


def silent_windows(audio: NDArray[np.float32], window: int = RATE) -> NDArray[np.bool_]:
    """Which successive windows are silent, shape (samples // window,); ``audio`` has the shape (channels, samples)."""
    return window_energy(audio, window) < SILENT**2 * window * audio.shape[0]


def decibels(ratio: float, floor: float = FLOOR) -> float:
    """10 log10 of an energy ratio, not below ``floor``."""
    return max(floor, 10.0 * math.log10(ratio)) if ratio > 0 else floor


def sdr(target: NDArray[np.float32], estimate: NDArray[np.float32]) -> float:
    """Plain signal-to-distortion ratio 10 log10(|s|^2 / |s - e|^2) in dB of whole signals; NaN for a silent target."""
    energy = float(np.square(target, dtype=np.float64).sum())
    error = float(np.square(target - estimate, dtype=np.float64).sum())
    if energy < SILENT**2 * target.size:
        return math.nan
    return decibels(energy / max(error, 1e-12))


def usdr(target: NDArray[np.float32], estimate: NDArray[np.float32]) -> float:
    """SDR of a whole song, in dB; NaN for a silent target.

    Source: Y. Mitsufuji et al., "Music Demixing Challenge 2021", Frontiers in Signal Processing 2022, equation 1:
    10 log10((|s|^2 + eps) / (|s - e|^2 + eps)), eps = 1e-7, full scale 1.
    """
    energy = float(np.square(target, dtype=np.float64).sum())
    error = float(np.square(target - estimate, dtype=np.float64).sum())
    if energy < SILENT**2 * target.size:
        return math.nan
    return decibels((energy + USDR_EPS) / (error + USDR_EPS))


def windowed_sdr(target: NDArray[np.float32], estimate: NDArray[np.float32], window: int = RATE) -> NDArray[np.float64]:
    """SDR in dB of successive windows.

    Args:
        target: Shape (channels, samples).
        estimate: The same shape.
        window: Samples; 1 s as in museval.

    Returns:
        One value a window; NaN where the target is silent.
    """
    energy = window_energy(target, window)
    error = window_energy(target - estimate, window)
    values = 10.0 * np.log10(np.maximum(energy, 1e-30) / np.maximum(error, 1e-12))
    return np.where(silent_windows(target, window), np.nan, values)


def si_sdr(target: NDArray[np.float32], estimate: NDArray[np.float32]) -> float:
    """Scale-invariant SDR in dB; NaN if either is silent throughout, at least ``FLOOR``.

    Source: J. Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019: |a s|^2 / |a s - e|^2 with
    a = <e, s> / |s|^2, one scale for both channels, no mean removed.
    """
    s, e = target.astype(np.float64).ravel(), estimate.astype(np.float64).ravel()
    energy = float(s @ s)
    if energy < SILENT**2 * s.size or not e.any():
        return math.nan
    scaled = (float(e @ s) / energy) * s
    error = float(np.square(scaled - e).sum())
    return decibels(float(scaled @ scaled) / max(error, 1e-12))


def windowed_si_sdr(
    target: NDArray[np.float32], estimate: NDArray[np.float32], window: int = RATE
) -> NDArray[np.float64]:
    """:func:`si_sdr` of successive windows; NaN where the target is silent, ``FLOOR`` where the estimate is nothing."""
    count = target.shape[-1] // window
    values = np.full(count, np.nan)
    silent = silent_windows(target, window)
    for index in np.flatnonzero(~silent):
        cut = slice(index * window, (index + 1) * window)
        value = si_sdr(target[:, cut], estimate[:, cut])
        values[index] = FLOOR if math.isnan(value) else value
    return values


def pes(target: NDArray[np.float32], estimate: NDArray[np.float32], window: int = RATE) -> NDArray[np.float64]:
    """Predicted energy at silence: 10 log10(|e|^2 + 1e-12) of the windows in which the target is silent.

    Source: K. Schulze-Forster et al., "Weakly informed audio source separation", WASPAA 2019; the figure of a song is
    the mean over these windows. Energies are sums of squares over the window and its channels, full scale 1.

    Args:
        target: Shape (channels, samples).
        estimate: The same shape.
        window: Samples.

    Returns:
        One value in dB a window, at least -120; NaN where the target sounds.
    """
    values = 10.0 * np.log10(window_energy(estimate, window) + PES_EPS)
    return np.where(silent_windows(target, window), values, np.nan)


def eps(target: NDArray[np.float32], estimate: NDArray[np.float32], window: int = RATE) -> NDArray[np.float64]:
    """Energy at predicted silence: :func:`pes` with the roles exchanged, what is missing where nothing was put out."""
    return pes(estimate, target, window)


def silence_energy(
    target: NDArray[np.float32], estimate: NDArray[np.float32], mixture: NDArray[np.float32], window: int = RATE
) -> float:
    """Energy of the estimate in the windows with a silent target, in dB of the mixture's there; NaN without such."""
    silent = silent_windows(target, window)
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


def by_second(values: NDArray[np.floating], positions: NDArray[np.integer], length: int) -> NDArray[np.float64]:
    """Median of the values in each whole second, as Hung and Lerch (ISMIR 2020) take activations to seconds.

    Args:
        values: Shape (n,).
        positions: Samples that the values are about, shape (n,).
        length: Samples of the excerpt; a last incomplete second is left out.

    Returns:
        Shape (length // RATE,) float64; NaN for a second without values.
    """
    second = np.asarray(positions) // RATE
    rows = [values[second == index] for index in range(length // RATE)]
    return np.array([float(np.median(row)) if len(row) else math.nan for row in rows])


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
