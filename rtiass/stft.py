"""Windows and modes of the sliding transform.

An analysis window of ``FRAME`` samples looks far back for frequency resolution; a synthesis window that is
non-zero on its last L samples only decides the latency. See Mauler and Martin, "A low delay, variable
resolution, perfect reconstruction spectral analysis-synthesis system for speech enhancement", EUSIPCO 2007,
and S. Wang et al., arXiv 2106.11794.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 44100
"""Sample rate of the models, in hertz."""

FRAME = 4096
"""Length K of every analysis window, in samples."""

BINS = FRAME // 2 + 1


@dataclass(frozen=True)
class Mode:
    """A choice of latency.

    Attributes:
        name: What the user types.
        window: Synthesis length L in samples: the algorithmic latency.
        hop: Audio hop H in samples.
        period: Mask period R in samples, a multiple of the hop: the network runs once a period.
        hann: Both windows are Hann windows of the whole frame, as in the paper; else they are those of
            :func:`window_pair`.
    """

    name: str
    window: int
    hop: int
    period: int
    hann: bool = False

    @property
    def milliseconds(self) -> float:
        """Algorithmic latency in milliseconds at the models' rate."""
        return 1000.0 * self.window / RATE

    def windows(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Analysis window of shape (FRAME,) and synthesis window of shape (window,), both float32."""
        return hann_pair(self.hop) if self.hann else window_pair(self.window, self.hop)


MODES: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode("studio", 4096, 1024, 1024),
        Mode("live", 2048, 1024, 1024),
        Mode("tight", 1024, 512, 512),
        Mode("ultra", 512, 256, 256),
        Mode("instant", 256, 128, 128),
    )
}
DEFAULT_MODE = "live"

PAPER = Mode("paper", 4096, 1024, 1024, hann=True)
"""The transform of Hung and Lerch (ISMIR 2020): for networks that were trained with it, such as the published one."""

ALL_MODES = {**MODES, PAPER.name: PAPER}
"""The modes that are offered, and after them the one that has to be asked for."""


def window_pair(window: int, hop: int, frame: int = FRAME) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Analysis and synthesis windows whose products overlap-add to one.

    With M = L/2: ``a[n] = sin(pi n / (2 (K-M)))`` for n < K-M and ``cos(pi (n-(K-M)) / (2M))`` from there. On the
    last L samples ``a * s`` is the periodic Hann window of length L times H/M, whose copies at hop H sum to one.
    ``L = K`` gives the square-root Hann pair.

    Args:
        window: Synthesis length L in samples, even, at most ``frame``.
        hop: Hop H in samples; L/2 must be a multiple of it.
        frame: Analysis length K in samples.

    Returns:
        ``a`` of shape (K,) and ``s`` of shape (L,), both float32.

    Raises:
        ValueError: The lengths do not give perfect reconstruction.
    """
    half = window // 2
    if window % 2 or not 0 < window <= frame or hop <= 0 or half % hop:
        raise ValueError(f"no perfect reconstruction with window {window}, hop {hop}, frame {frame}")
    n = np.arange(frame, dtype=np.float64)
    rise = frame - half
    analysis = np.where(n < rise, np.sin(np.pi * n / (2 * rise)), np.cos(np.pi * (n - rise) / (2 * half)))
    product = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    tail = analysis[frame - window :]
    synthesis = np.empty(window)
    # On the falling half the Hann window is the square of the analysis window: dividing would end in 0/0.
    synthesis[half:] = tail[half:]
    # At n = 0 of the classic pair both are zero; their ratio's limit there is zero too.
    np.divide(product[:half], tail[:half], out=synthesis[:half], where=tail[:half] > 0)
    synthesis[:half][tail[:half] <= 0] = 0.0
    synthesis *= hop / half
    return analysis.astype(np.float32), synthesis.astype(np.float32)


def hann_pair(hop: int, frame: int = FRAME) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The periodic Hann window for analysis, and for synthesis the same, scaled so that they overlap-add to one.

    It is what inverse transforms by weighted overlap-add do (Griffin and Lim, 1984): the copies of the squared window
    at hop H sum to 3K / (8H) for every H that divides K/4.

    Args:
        hop: Hop H in samples, a divisor of a quarter of the frame.
        frame: Analysis length K in samples.

    Returns:
        Two windows of shape (K,) float32.

    Raises:
        ValueError: The lengths do not give perfect reconstruction.
    """
    if hop <= 0 or frame % 4 or (frame // 4) % hop:
        raise ValueError(f"no perfect reconstruction with Hann windows, hop {hop}, frame {frame}")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    return window.astype(np.float32), (window * (8 * hop / (3 * frame))).astype(np.float32)


def magnitude_scale(analysis: NDArray[np.float32]) -> float:
    """Factor that gives white noise of unit variance unit mean-square magnitude, whatever the window.

    Args:
        analysis: Analysis window, shape (K,) float32.

    Returns:
        1 / sqrt(sum a^2).
    """
    return float(1.0 / np.sqrt(np.sum(analysis.astype(np.float64) ** 2)))
