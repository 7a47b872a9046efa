"""BSS Eval version 4 as the package ``museval`` computes it, with what only depends on the references done once.

Definition: E. Vincent, R. Gribonval, C. Fevotte, "Performance measurement in blind audio source separation", IEEE
TASLP 14(4), 2006, in its image version, with distortion filters for the whole signal and figures in windows (F.-R.
Stoeter, A. Liutkus, N. Ito, "The 2018 signal separation evaluation campaign", LVA/ICA 2018). An estimate is projected
on the references delayed by 0 to 511 samples: on its own reference alone (``P_own``) and on all of them (``P_all``).
With s the target, e the estimate, energies over all channels of a window:

    SDR = |s|^2 / |e - s|^2                 ISR = |s|^2 / |P_own - s|^2
    SIR = |P_own|^2 / |P_all - P_own|^2     SAR = |P_all|^2 / |e - P_all|^2

``museval`` builds and solves the normal equations anew for every source of every system; here they are built from
blocks and factorised once a song, and a window's projections are never transformed back, since their energies are
those of their spectra. A song's second system costs a tenth. A test holds the figures to those of ``museval``.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.linalg
from numpy.typing import NDArray

from rtiass.stft import RATE

TAPS = 512
"""Length of the distortion filters, in samples."""

BLOCK = 32768 - TAPS + 1
"""Samples whose correlations are computed with one transform."""

FIGURES = ("sdr", "isr", "sir", "sar")

Values = NDArray[np.float64]


class BssEval:
    """Measures estimates of the sources of one song.

    Args:
        references: True sources, shape (sources, channels, samples); none may be silent as a whole.
        window: Samples; windows follow each other without overlap, and the last incomplete one is left out.

    Raises:
        ValueError: A reference is silent: then it must be left out, with its estimate.
    """

    def __init__(self, references: NDArray[np.floating], window: int = RATE) -> None:
        self.references: Values = np.asarray(references, dtype=np.float64)
        if not np.abs(self.references).max(axis=(1, 2)).all():
            raise ValueError("BSS Eval is not defined for a silent reference")
        self.sources, self.channels, samples = self.references.shape
        # A signal shorter than a window is one window, as in museval.
        self.window = min(window, samples)
        self.windows = samples // self.window
        self._flat: Values = self.references.reshape(-1, samples)
        lags = _correlate(self._flat, self._flat)
        size = len(self._flat)
        gram = np.empty((size, TAPS, size, TAPS))
        for row in range(size):
            for column in range(size):
                gram[row, :, column, :] = scipy.linalg.toeplitz(lags[column, row], lags[row, column])
        whole = gram.reshape(size * TAPS, size * TAPS)
        whole[np.diag_indices_from(whole)] += np.finfo(float).eps
        self._own = []
        span = self.channels * TAPS
        for source in range(self.sources):
            part = slice(source * span, (source + 1) * span)
            self._own.append(_Equations(whole[part, part].copy()))
        self._all = _Equations(whole)

    def score(self, estimates: NDArray[np.floating]) -> dict[str, Values]:
        """Figures of a system's estimates.

        Args:
            estimates: The same shape as the references.

        Returns:
            For each of FIGURES shape (sources, windows) float64, in dB: NaN where the source's own target or estimate
            is silent (all zeros), which ``museval`` does not define.
        """
        found_all: Values = np.asarray(estimates, dtype=np.float64)
        flat: Values = found_all.reshape(self.sources * self.channels, -1)
        # Shape (estimates' channels, references' channels, taps).
        lags = _correlate(self._flat, flat)
        taps = lags.reshape(self.sources, self.channels, -1, TAPS)
        both = self._all.solve(taps.reshape(self.sources * self.channels, -1).T)
        shape = (self.sources, self.channels, self.sources, self.channels, TAPS)
        everything = both.T.reshape(shape)
        size = scipy.fft.next_fast_len(self.window + TAPS - 1, real=True)
        all_filters = scipy.fft.rfft(everything, size)
        own_filters = np.empty((self.sources, self.channels, self.channels, size // 2 + 1), dtype=np.complex128)
        for place, equations in enumerate(self._own):
            part = slice(place * self.channels, (place + 1) * self.channels)
            right = taps[place][:, part].reshape(self.channels, -1)
            solved = equations.solve(right.T).T.reshape(self.channels, self.channels, TAPS)
            own_filters[place] = scipy.fft.rfft(solved, size)
        out = np.full((len(FIGURES), self.sources, self.windows), np.nan)
        for index in range(self.windows):
            cut = slice(index * self.window, (index + 1) * self.window)
            true, found = self.references[..., cut], found_all[..., cut]
            heard = np.flatnonzero(true.any(axis=(1, 2)) & found.any(axis=(1, 2)))
            if len(heard):
                s, e = scipy.fft.rfft(true, size), scipy.fft.rfft(found, size)
                for source in heard:
                    # Sums over the references' channels; a source's own filters see its own reference alone.
                    own = np.einsum("rf,crf->cf", s[source], own_filters[source])
                    whole = np.einsum("srf,csrf->cf", s, all_filters[source])
                    out[:, source, index] = _ratios(s[source], e[source], own, whole, size)
        return dict(zip(FIGURES, out, strict=True))


def as_museval(values: Values, references: NDArray[np.floating], estimates: NDArray[np.floating]) -> Values:
    """The windows that ``museval`` defines: those in which no reference and no estimate at all is silent.

    Args:
        values: Shape (sources, windows), of one figure.
        references: Shape (sources, channels, samples).
        estimates: The same shape.

    Returns:
        ``values`` with NaN in all sources of the other windows.
    """
    count = values.shape[1]
    window = min(RATE, references.shape[-1])
    silent = np.zeros(count, dtype=np.bool_)
    for audio in (references, estimates):
        # As museval has it, a source is silent where the sum of its channels is zero throughout.
        folded = audio[..., : count * window].sum(axis=1).reshape(len(audio), count, window)
        silent |= ~folded.any(axis=2).all(axis=0)
    return np.where(silent, np.nan, values)


class _Equations:
    """Normal equations, factorised once."""

    def __init__(self, matrix: NDArray[np.float64]) -> None:
        self._factors = scipy.linalg.lu_factor(matrix, overwrite_a=True, check_finite=False)

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Filters for right-hand sides of shape (unknowns, sides)."""
        solution: NDArray[np.float64] = scipy.linalg.lu_solve(self._factors, right, check_finite=False)
        return solution


def _correlate(first: Values, second: Values) -> Values:
    """Correlations with the first signals delayed.

    Args:
        first: Shape (a, samples).
        second: Shape (b, samples).

    Returns:
        Shape (b, a, TAPS): element (j, i, k) is sum_n second[j, n] first[i, n - k].
    """
    size = BLOCK + TAPS - 1
    total = np.zeros((len(second), len(first), size // 2 + 1), dtype=np.complex128)
    early = np.pad(first, ((0, 0), (TAPS - 1, 0)))
    for start in range(0, second.shape[1], BLOCK):
        a = scipy.fft.rfft(early[:, start : start + size], size)
        late = np.pad(second[:, start : start + BLOCK], ((0, 0), (TAPS - 1, 0)))
        b = scipy.fft.rfft(late, size)
        total += b[:, None] * a.conj()
    return scipy.fft.irfft(total, size)[..., :TAPS]


def _energy(spectra: NDArray[np.complex128], size: int) -> float:
    """Energy of real signals of ``size`` samples from their one-sided spectra."""
    power = np.square(spectra.real) + np.square(spectra.imag)
    total = 2.0 * power.sum() - power[..., 0].sum()
    if size % 2 == 0:
        total -= power[..., -1].sum()
    return float(total) / size


def _ratios(
    s: NDArray[np.complex128],
    e: NDArray[np.complex128],
    own: NDArray[np.complex128],
    whole: NDArray[np.complex128],
    size: int,
) -> list[float]:
    energy = _energy(s, size)
    pairs = (
        (energy, _energy(e - s, size)),
        (energy, _energy(own - s, size)),
        (_energy(own, size), _energy(whole - own, size)),
        (_energy(whole, size), _energy(e - whole, size)),
    )
    return [10.0 * np.log10(above / below) if below > 0 else np.inf for above, below in pairs]
