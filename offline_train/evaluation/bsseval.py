"""BSS Eval version 4 as the package ``museval`` computes it, with what only depends on the references done once.

Definition: E. Vincent, R. Gribonval, C. Fevotte, "Performance measurement in blind audio source separation", IEEE
TASLP 14(4), 2006, in its image version, with distortion filters for the whole signal and figures in windows (F.-R.
Stoeter, A. Liutkus, N. Ito, "The 2018 signal separation evaluation campaign", LVA/ICA 2018). An estimate is projected
on the references delayed by 0 to 511 samples: on its own reference alone (``P_own``) and on all of them (``P_all``).
With s the target, e the estimate, energies over all channels of a window:

    SDR = |s|^2 / |e - s|^2                 ISR = |s|^2 / |P_own - s|^2
    SIR = |P_own|^2 / |P_all - P_own|^2     SAR = |P_all|^2 / |e - P_all|^2

``museval`` builds and solves the normal equations anew for every source of every system; here they are factorised once
a song, correlations of whole signals come from the spectra of their windows, and a window's projections are never
transformed back, since their energies are those of their spectra. A test holds the figures to those of ``museval``.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from offline_train.evaluation.energies import KINDS, add_energies
from offline_train.evaluation.projection import TAPS, Projection, Values, independent
from offline_train.evaluation.windowed import BINS, Spectra, Windowed, correlate, filter_spectra
from rtiass.stft import RATE

FIGURES = ("sdr", "isr", "sir", "sar")


class BssEval:
    """Measures estimates of the sources of one song.

    A channel that repeats another of its source adds nothing to what the source's filters reach, and is left out.

    Args:
        references: True sources, shape (sources, channels, samples); none may be silent as a whole.
        window: Samples, at least TAPS - 1; windows follow each other without overlap, and the last incomplete one is
            left out.

    Raises:
        ValueError: A reference is silent: then it must be left out, with its estimate. Or the window is too short.
    """

    def __init__(self, references: NDArray[np.floating], window: int = RATE) -> None:
        if not np.abs(references).max(axis=(1, 2)).all():
            raise ValueError("BSS Eval is not defined for a silent reference")
        if window < TAPS - 1:
            raise ValueError(f"BSS Eval needs windows of {TAPS - 1} samples or more")
        self.references = references
        self.sources, self.channels, samples = references.shape
        # A signal shorter than a window is one window, as in museval.
        self.window = min(window, samples)
        self.windows = samples // self.window
        self._true = Windowed(references.reshape(-1, samples), self.window)
        lags = correlate(self._true, self._true)
        own = [[source * self.channels + c for c in independent(x)] for source, x in enumerate(references)]
        self._own = [(used, Projection(lags[np.ix_(used, used)])) for used in own]
        self._used = [channel for used in own for channel in used]
        self._all = Projection(lags[np.ix_(self._used, self._used)])

    def score(self, estimates: NDArray[np.floating]) -> dict[str, Values]:
        """Figures of a system's estimates.

        Args:
            estimates: The same shape as the references.

        Returns:
            For each of FIGURES shape (sources, windows) float64, in dB: NaN where the source's own target or estimate
            is silent (all zeros), which ``museval`` does not define.
        """
        found = Windowed(estimates.reshape(self.sources * self.channels, -1), self.window)
        own, whole = self._filters(correlate(self._true, found))
        weights = np.full(len(own), 2.0 / self._true.size)
        weights[0] /= 2
        if self._true.size % 2 == 0:
            weights[-1] /= 2
        totals = []
        for s, e in zip(self._true.parts(), found.parts(), strict=True):
            total = np.zeros((s.shape[1], self.sources, KINDS))
            for first in range(0, len(s), BINS):
                bins = slice(first, first + BINS)
                add_energies(total, s[bins], e[bins], s[bins] @ whole[bins], own[bins], weights[bins])
            totals.append(total)
        table = np.concatenate(totals)[: self.windows].transpose(2, 1, 0)
        heard = _heard(self.references, self.window, self.windows) & _heard(estimates, self.window, self.windows)
        return dict(zip(FIGURES, (np.where(heard, x, np.nan) for x in _ratios(table)), strict=True))

    def _filters(self, lags: Values) -> tuple[Spectra, Spectra]:
        """Spectra of the filters for correlations with the references, zero for the references' channels left out.

        Args:
            lags: Shape (estimates' channels, references' channels, TAPS).

        Returns:
            On the own source, shape (bins, sources, channels of the source, channels of the estimate), and on all,
            shape (bins, references' channels, estimates' channels).
        """
        whole = np.zeros_like(lags)
        whole[:, self._used] = self._all.solve(lags[:, self._used])
        own = np.zeros((self.sources, self.channels, self.channels, TAPS))
        for source, (used, projection) in enumerate(self._own):
            part = slice(source * self.channels, (source + 1) * self.channels)
            first = source * self.channels
            own[source][:, [channel - first for channel in used]] = projection.solve(lags[part][:, used])
        size = self._true.size
        own_spectra = np.ascontiguousarray(scipy.fft.rfft(own, size).transpose(3, 0, 2, 1))
        return own_spectra, filter_spectra(whole, size)


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


def _heard(audio: NDArray[np.floating], window: int, count: int) -> NDArray[np.bool_]:
    """Where any sample is not zero, shape (sources, windows)."""
    heard: NDArray[np.bool_] = np.empty((len(audio), count), dtype=np.bool_)
    for index in range(count):
        heard[:, index] = audio[..., index * window : (index + 1) * window].any(axis=(1, 2))
    return heard


def _ratios(energies: Values) -> Values:
    """FIGURES in dB of energies whose first axis are the kinds."""
    s, error, spatial, own, interference, whole, artefacts = energies
    above, below = np.stack((s, s, own, whole)), np.stack((error, spatial, interference, artefacts))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, 10.0 * np.log10(above / below), np.inf)
