"""One mode's sliding transform: analysis of a ring of input, masked synthesis by overlap-add."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rtiass import fourier
from rtiass.loops import give_out, take_in
from rtiass.ramp import RAMP_SECONDS
from rtiass.stft import BINS, FRAME, RATE, Mode, magnitude_scale


class InputRing:
    """The newest input samples; any stretch of them can be read as one contiguous view.

    Every sample is written twice, a ring length apart, so no read ever wraps.
    """

    def __init__(self, channels: int, length: int) -> None:
        """Make a ring of silence.

        Args:
            channels: 1 or 2.
            length: Number of samples that can be read back.
        """
        self._length = length
        self.samples = np.zeros((channels, 2 * length), np.float32)
        """All that is kept, twice, shape (channels, 2 * length)."""
        self.time = 0
        """Number of samples written since the start."""

    def write(self, block: NDArray[np.float32]) -> None:
        """Append samples; what is not finite becomes 0, and what is absurdly large or small is limited.

        Args:
            block: Shape (n, channels) float32, n at most the ring's length.
        """
        take_in(block, self.samples, self.time % self._length)
        self.time += len(block)

    def place(self, end: int, count: int) -> int:
        """Where in ``samples`` the ``count`` samples before sample number ``end`` begin."""
        return (end - count) % self._length

    def view(self, end: int, count: int) -> NDArray[np.float32]:
        """The ``count`` samples before sample number ``end``; what lies before the start is silence.

        Returns:
            A view of shape (channels, count).
        """
        start = self.place(end, count)
        return self.samples[:, start : start + count]

    def reset(self) -> None:
        """Back to silence at time 0."""
        self.samples.fill(0.0)
        self.time = 0


APART = RAMP_SECONDS / 4
"""Most seconds between two looks at the gains of a frame while they move.

Chosen by `benchmarks/ramps.py`: what a tone is given by the move is below -60 dB from 80 Hz away on in every mode, at
two masks a frame in `instant`, three in `ultra` and five in `tight`, which has the time for it.
"""


class Renderer:
    """Transform, mask, inverse transform and overlap-add of one mode, a hop at a time, all buffers allocated ahead.

    A gain that is taken once a frame moves by the overlap-add alone, which gives a tone side bands at the hop rate, and
    no shape of the ramp can make them smaller. So while anything moves, a frame that is shorter than a ramp is masked
    several times, with the masks of several moments, and what comes of them is woven together sample by sample. A frame
    that is longer than a ramp is smoother than the ramp by itself: its masks are those of its middle.

    Attributes:
        moments: Seconds from a frame's first sample at which its masks are wanted while gains move.
        mode: The mode.
        latency: Delay from input to output in samples: L plus the lookahead.
        lookahead: Samples by which the audio waits for its masks.
        spectrum: The frame to be masked, shape (channels, 2, bins) float32: real and imaginary parts.
        weights: Bus masks to be filled by the caller, shape (buses, bins) float32.
        mid: Weight of the mid signal taken off each bus, shape (buses,) float32; zero but for a fall-back to the sides.
        ready: Output of the last hop, shape (buses, channels, hop) float32.
    """

    def __init__(self, mode: Mode, channels: int, buses: int, lookahead: int) -> None:
        self.mode = mode
        self.lookahead = lookahead
        self.latency = mode.window + lookahead
        self._analysis, self._synthesis = mode.windows()
        looks = moments(mode)
        places = np.linspace(0.0, 1.0, looks).tolist() if looks > 1 else [0.5]
        self.moments = tuple(place * mode.window / RATE for place in places)
        self._weave = weave(self._synthesis, len(places))
        self._scale = np.float32(magnitude_scale(self._analysis))
        self._turns, self._half_turns = fourier.turns(), fourier.half_turns()
        self._work = np.zeros((2, fourier.HALF), np.float32)
        most = channels * max(buses, 1)
        self._folded = np.zeros((most, 2, fourier.HALF), np.float32)
        self._transformed = np.zeros_like(self._folded)
        self._newest = np.zeros((channels, 2, BINS), np.float32)
        self.spectrum = np.zeros_like(self._newest) if lookahead else self._newest
        self._magnitude = np.zeros((2, BINS), np.float32)
        self.weights = np.zeros((buses, BINS), np.float32)
        self.mid = np.zeros(buses, np.float32)
        self._sum = np.zeros((buses, channels, mode.window), np.float32)
        self.ready = np.zeros((buses, channels, mode.hop), np.float32)

    def analyse(self, ring: InputRing, end: int) -> None:
        """Transform the frame that ends at sample ``end``, and with a lookahead the earlier one to be masked."""
        self._transform(ring, end, self._newest)
        if self.lookahead:
            self._transform(ring, end - self.lookahead, self.spectrum)

    def _transform(self, ring: InputRing, end: int, spectrum: NDArray[np.float32]) -> None:
        channels = len(spectrum)
        folded, transformed = self._folded[:channels], self._transformed[:channels]
        fourier.fold(ring.samples, ring.place(end, FRAME), self._analysis, folded)
        fourier.transform(folded, transformed, self._work, self._turns)
        fourier.spectra(transformed, self._half_turns, spectrum)

    def magnitude(self) -> NDArray[np.float32]:
        """Magnitudes of the newest frame for the network, shape (2, bins) float32; mono stands twice."""
        fourier.magnitudes(self._newest, self._scale, self._magnitude)
        if len(self._newest) == 1:
            self._magnitude[1] = self._magnitude[0]
        return self._magnitude

    def synthesise(self) -> None:
        """Mask the spectrum with ``weights``, transform back, overlap-add, and leave a hop in ``ready``."""
        self._add(self._synthesis)
        self.finish()

    def add(self, moment: int) -> None:
        """As ``synthesise`` with the masks of one of the ``moments``; after the last one, ``finish``."""
        self._add(self._weave[moment])

    def _add(self, window: NDArray[np.float32]) -> None:
        fourier.mask(self.spectrum, self.weights, self.mid, self._half_turns, self._folded)
        fourier.transform(self._folded, self._transformed, self._work, self._turns)
        fourier.overlap(self._transformed, window, self._sum)

    def finish(self) -> None:
        """Leave the hop that is complete in ``ready``, and go on by one."""
        give_out(self._sum, self.ready)

    def reset(self) -> None:
        """Forget the overlap and the last hop."""
        self._sum.fill(0.0)
        self.ready.fill(0.0)


def moments(mode: Mode) -> int:
    """How often a mode's frame is masked while gains move."""
    seconds = mode.window / RATE
    return 1 + math.ceil(seconds / APART) if seconds < RAMP_SECONDS else 1


def weave(synthesis: NDArray[np.float32], moments: int) -> NDArray[np.float32]:
    """Synthesis windows that make one frame out of several, each with the masks of another moment.

    The shares are Bernstein's polynomials in time: none is below zero and all sum to one, so a gain that falls falls
    all the way and never passes its ends; a straight line stays one.

    Args:
        synthesis: Synthesis window, shape (L,) float32.
        moments: Number of moments, evenly from the frame's beginning to its end, 1 or more.

    Returns:
        Shape (moments, L) float32: the window times each moment's share, which sum to the window.
    """
    at, last = np.arange(len(synthesis)) / len(synthesis), moments - 1
    shares = [math.comb(last, k) * at**k * (1.0 - at) ** (last - k) for k in range(moments)]
    return (np.array(shares) * synthesis).astype(np.float32)
