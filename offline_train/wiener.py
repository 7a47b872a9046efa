"""A streaming multichannel Wiener filter: masks of single networks made to agree, and told apart by their place.

Source: N. Q. K. Duong, E. Vincent, R. Gribonval, "Under-determined reverberant audio source separation using a
full-rank spatial covariance model", IEEE TASLP 18(7), 2010. The image of source j at time t and frequency f is a
zero-mean Gaussian vector of covariance v_j(t, f) R_j(f): a power and a spatial covariance. Given both, its estimate of
least mean square error in the mixture x is

    c_j = v_j R_j (sum_k v_k R_k)^-1 x.

Here v_j is the power that the networks estimate, and R_j follows the song: in place of the means over all frames of
their EM algorithm stand sums that forget, so that frame t needs no later one:

    R_j(t) = N_j(t) / d_j(t),   N_j(t) = a N_j(t - 1) + (1 - a) y_j y_j^H,   d_j(t) = a d_j(t - 1) + (1 - a) v_j,

with y_j the networks' estimate of the image (mask times mixture) and v_j = |y_j|^2 / channels. A share of the sum of
all powers times the identity keeps the inverse bounded; it is divided among the sources, so the estimates still add up
to the mixture exactly. It is the filter of Wiener that the authors of IASS name as future work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Spectra = NDArray[np.complex64]

FORGET = 0.99
"""a: a memory of about 100 frames, 2.3 s at a hop of 1024."""
FLOOR = 1e-3
"""Share of the identity in the mixture's covariance, relative to its own power."""
TINY = 1e-12


class StreamingWiener:
    """Filters frame by frame; causal, and it allocates anew in each, so it is for research and not for the stage.

    Args:
        sources: Number of sources; together they should be all of the mixture.
        bins: Frequencies.
        forget: a in 0..1, the share of the past.
        floor: Share of the identity, above 0.
    """

    def __init__(self, sources: int, bins: int, forget: float = FORGET, floor: float = FLOOR) -> None:
        self.sources, self.bins, self.forget, self.floor = sources, bins, forget, floor
        self.reset()

    def reset(self) -> None:
        """Forget the song: every source comes from everywhere."""
        self.outer = np.tile(TINY * np.eye(2, dtype=np.complex128)[:, :, None], (self.sources, 1, 1, self.bins))
        self.power = np.full((self.sources, self.bins), TINY)

    def step(self, images: Spectra, mixture: Spectra) -> Spectra:
        """One frame.

        Args:
            images: The networks' estimates, shape (sources, 2, bins).
            mixture: Shape (2, bins).

        Returns:
            Shape (sources, 2, bins); the sum over the sources is the mixture.
        """
        y = images.astype(np.complex128)
        power = np.square(np.abs(y)).mean(axis=1)
        self.outer = self.forget * self.outer + (1 - self.forget) * y[:, :, None] * y[:, None].conj()
        self.power = self.forget * self.power + (1 - self.forget) * power
        covariance = (power / self.power)[:, None, None] * self.outer
        spread = (self.floor * power.sum(axis=0) + TINY) / self.sources
        covariance[:, 0, 0] += spread
        covariance[:, 1, 1] += spread
        total = covariance.sum(axis=0)
        # The inverse of a matrix of two rows, applied to the mixture.
        determinant = total[0, 0] * total[1, 1] - total[0, 1] * total[1, 0]
        x = mixture.astype(np.complex128)
        whitened = np.stack((total[1, 1] * x[0] - total[0, 1] * x[1], total[0, 0] * x[1] - total[1, 0] * x[0]))
        return np.einsum("jcdf,df->jcf", covariance, whitened / determinant).astype(np.complex64)


def wiener(images: Spectra, mixture: Spectra, forget: float = FORGET, floor: float = FLOOR) -> Spectra:
    """Filter a whole song from its first frame to its last.

    Args:
        images: Shape (sources, 2, frames, bins).
        mixture: Shape (2, frames, bins).
        forget: See :class:`StreamingWiener`.
        floor: See :class:`StreamingWiener`.

    Returns:
        The shape of ``images``.
    """
    filtering = StreamingWiener(len(images), images.shape[-1], forget, floor)
    out = np.empty_like(images)
    for frame in range(images.shape[2]):
        out[:, :, frame] = filtering.step(images[:, :, frame], mixture[:, frame])
    return out
