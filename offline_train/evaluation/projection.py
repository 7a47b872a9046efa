"""Least-squares filters onto delayed signals: block Toeplitz normal equations and their Cholesky factor.

The unknowns are filters of :data:`TAPS` coefficients, one for each signal; the matrix holds the signals' correlations,
a Toeplitz block for each pair. It only depends on the signals, so its factor serves every signal that is projected.
The factor is found block row by block row (G. H. Golub, C. F. Van Loan, "Matrix Computations", 4.2), where nearly all
operations are products of matrices, and only its lower half is ever stored: 206 MB for 14 signals.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.blas import dtrsm

TAPS = 512
"""Length of the filters, in samples."""

RIDGE = 1e-15
"""Added to the diagonal, relative to its largest element, where the matrix is singular to machine precision."""

Values = NDArray[np.float64]


class Projection:
    """Solves for the filters that bring signals closest to others.

    Signals that add nothing must be left out first, see :func:`independent`. What is singular to machine precision none
    the less (a signal that is digitally nothing above some frequency) gets a ridge, ten times larger until the matrix
    can be factorised. There the projection hangs on rounding, in ``museval`` too.

    Args:
        lags: Correlations of the signals, shape (signals, signals, TAPS): element (j, i, k) is
            sum_n x_j[n] x_i[n - k].
    """

    def __init__(self, lags: Values) -> None:
        self.signals = len(lags)
        top = float(lags[..., 0].diagonal().max())
        ridge = float(np.finfo(float).eps)  # which museval adds
        while True:
            try:
                self._rows = _factor(lags, ridge)
                return
            except np.linalg.LinAlgError:
                ridge = max(10.0 * ridge, RIDGE * top)

    def solve(self, right: Values) -> Values:
        """Filters.

        Args:
            right: Correlations of the projected signals, shape (projected, signals, TAPS): element (j, i, k) is
                sum_n y_j[n] x_i[n - k].

        Returns:
            The same shape: the filter of each signal for each projected one.
        """
        x: Values = np.ascontiguousarray(right.reshape(len(right), -1).T)
        for index, row in enumerate(self._rows):
            before, own = slice(0, index * TAPS), slice(index * TAPS, (index + 1) * TAPS)
            rest = x[own] - row[:, before] @ x[before]
            x[own] = scipy.linalg.solve_triangular(row[:, own], rest, lower=True, check_finite=False)
        for index, row in reversed(list(enumerate(self._rows))):
            before, own = slice(0, index * TAPS), slice(index * TAPS, (index + 1) * TAPS)
            x[own] = scipy.linalg.solve_triangular(row[:, own], x[own], lower=True, trans=1, check_finite=False)
            x[before] -= row[:, before].T @ x[own]
        return np.ascontiguousarray(x.T).reshape(right.shape)


def independent(signals: NDArray[np.floating]) -> list[int]:
    """Channels of a source that are neither zero throughout nor the same as an earlier one.

    Args:
        signals: Shape (channels, samples).

    Returns:
        Indices, in order.
    """
    kept: list[int] = []
    for index, signal in enumerate(signals):
        if signal.any() and not any(np.array_equal(signal, signals[other]) for other in kept):
            kept.append(index)
    return kept


def _factor(lags: Values, ridge: float) -> list[Values]:
    """Rows of blocks of the lower Cholesky factor, the row of the i-th signal of shape (TAPS, (i + 1) * TAPS)."""
    rows: list[Values] = []
    triangles: list[Values] = []  # the blocks on the diagonal once more, in the order of memory that BLAS wants
    for index in range(len(lags)):
        row = np.empty((TAPS, (index + 1) * TAPS))
        for column in range(index + 1):
            before, own = slice(0, column * TAPS), slice(column * TAPS, (column + 1) * TAPS)
            block = _toeplitz(lags[column, index], lags[index, column])
            if column == index:
                block[np.diag_indices(TAPS)] += ridge
                block -= row[:, before] @ row[:, before].T
                triangles.append(scipy.linalg.cholesky(block.T, lower=True, overwrite_a=True, check_finite=False))
                row[:, own] = triangles[-1]
            else:
                block -= row[:, before] @ rows[column][:, before].T
                # block = own part of the row times the transpose of the column's diagonal block.
                row[:, own] = dtrsm(1.0, triangles[column], block.T, lower=True, overwrite_b=True).T
        rows.append(row)
    return rows


def _toeplitz(column: Values, row: Values) -> Values:
    """Toeplitz matrix of its first column and row."""
    line = np.concatenate((column[:0:-1], row))
    return np.lib.stride_tricks.sliding_window_view(line, TAPS)[::-1].copy()
