"""Energies of targets, estimates and projections in windows, from their spectra."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

KINDS = 7
"""Energies: |s|^2, |e - s|^2, |own - s|^2, |own|^2, |all - own|^2, |all|^2, |e - all|^2."""

Spectra = NDArray[np.complex128]


@njit(cache=True)
def add_energies(
    total: NDArray[np.float64], s: Spectra, e: Spectra, whole: Spectra, filters: Spectra, weights: NDArray[np.float64]
) -> None:  # pragma: no cover
    """Add the energies of some bins.

    Args:
        total: Shape (windows, sources, KINDS), added to.
        s: Targets, shape (bins, windows, sources * channels).
        e: Estimates, the same shape.
        whole: Projections on all sources, the same shape.
        filters: Of the projections on the own source, shape (bins, sources, channels of it, channels of the estimate).
        weights: Of the bins, shape (bins,).
    """
    sources, channels = filters.shape[1], filters.shape[2]
    for index in range(len(s)):
        weight = weights[index]
        for window in range(total.shape[0]):
            for source in range(sources):
                first = source * channels
                sums = total[window, source]
                for channel in range(channels):
                    own = s[index, window, first] * filters[index, source, 0, channel]
                    for other in range(1, channels):
                        own += s[index, window, first + other] * filters[index, source, other, channel]
                    true = s[index, window, first + channel]
                    found = e[index, window, first + channel]
                    both = whole[index, window, first + channel]
                    sums[0] += weight * _power(true)
                    sums[1] += weight * _power(found - true)
                    sums[2] += weight * _power(own - true)
                    sums[3] += weight * _power(own)
                    sums[4] += weight * _power(both - own)
                    sums[5] += weight * _power(both)
                    sums[6] += weight * _power(found - both)


@njit(cache=True, inline="always")
def _power(value: complex) -> float:  # pragma: no cover
    return value.real * value.real + value.imag * value.imag
