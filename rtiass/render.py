"""One mode's sliding transform: analysis of a ring of input, masked synthesis by overlap-add."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtiass.ramp import RAMP_SECONDS
from rtiass.stft import BINS, FRAME, RATE, Mode, magnitude_scale

# numpy transforms float32 as such; its type stubs know of float64 only.
_rfft: Any = np.fft.rfft
_irfft: Any = np.fft.irfft


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
        self._data = np.zeros((channels, 2 * length), np.float32)
        self._bad = np.zeros((channels, length), np.bool_)
        self.time = 0
        """Number of samples written since the start."""

    def write(self, block: NDArray[np.float32]) -> None:
        """Append samples; what is not finite becomes 0, and what is absurdly large or small is limited.

        Args:
            block: Shape (n, channels) float32, n at most the ring's length.
        """
        taken, count = 0, len(block)
        while taken < count:
            start = self.time % self._length
            some = min(count - taken, self._length - start)
            part = self._data[:, start : start + some]
            bad = self._bad[:, :some]
            np.copyto(part, block[taken : taken + some].T)
            np.isfinite(part, out=bad)
            if not bad.all():
                np.logical_not(bad, out=bad)
                np.copyto(part, 0.0, where=bad)
            # 36 dB over full scale is no music; the square of a spectrum must stay far from overflow.
            np.clip(part, -64.0, 64.0, out=part)
            # Denormal numbers slow the transforms down a hundredfold and are 400 dB below hearing.
            twin = self._data[:, self._length + start : self._length + start + some]
            np.abs(part, out=twin)
            np.less(twin, 1e-20, out=bad)
            np.copyto(part, 0.0, where=bad)
            np.copyto(twin, part)
            self.time += some
            taken += some

    def view(self, end: int, count: int) -> NDArray[np.float32]:
        """The ``count`` samples before sample number ``end``; what lies before the start is silence.

        Returns:
            A view of shape (channels, count).
        """
        start = (end - count) % self._length
        return self._data[:, start : start + count]

    def reset(self) -> None:
        """Back to silence at time 0."""
        self._data.fill(0.0)
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
        spectrum: The frame to be masked, shape (channels, bins) complex64.
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
        self._frame = np.zeros((channels, FRAME), np.float32)
        self._newest = np.zeros((channels, BINS), np.complex64)
        self.spectrum = np.zeros((channels, BINS), np.complex64) if lookahead else self._newest
        self._magnitude = np.zeros((2, BINS), np.float32)
        self.weights = np.zeros((buses, BINS), np.float32)
        self.mid = np.zeros(buses, np.float32)
        self._middle = np.zeros(BINS, np.complex64)
        self._masked = np.zeros((buses, channels, BINS), np.complex64)
        self._wave = np.zeros((buses, channels, FRAME), np.float32)
        self._tail = self._wave[:, :, FRAME - mode.window :]
        self._sum = np.zeros((buses, channels, mode.window), np.float32)
        self.ready = np.zeros((buses, channels, mode.hop), np.float32)

    def analyse(self, ring: InputRing, end: int) -> None:
        """Transform the frame that ends at sample ``end``, and with a lookahead the earlier one to be masked."""
        np.multiply(ring.view(end, FRAME), self._analysis, out=self._frame)
        _rfft(self._frame, axis=-1, out=self._newest)
        if self.lookahead:
            np.multiply(ring.view(end - self.lookahead, FRAME), self._analysis, out=self._frame)
            _rfft(self._frame, axis=-1, out=self.spectrum)

    def magnitude(self) -> NDArray[np.float32]:
        """Magnitudes of the newest frame for the network, shape (2, bins) float32; mono stands twice."""
        channels = len(self._newest)
        np.abs(self._newest, out=self._magnitude[:channels])
        self._magnitude[:channels] *= self._scale
        if channels == 1:
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
        np.multiply(self.spectrum, self.weights[:, None, :], out=self._masked)
        if self.mid.any() and len(self.spectrum) == 2:
            np.add(self.spectrum[0], self.spectrum[1], out=self._middle)
            for bus, weight in enumerate(self.mid):
                self._masked[bus] -= np.float32(0.5 * weight) * self._middle
        _irfft(self._masked, n=FRAME, axis=-1, out=self._wave)
        self._tail *= window
        self._sum += self._tail

    def finish(self) -> None:
        """Leave the hop that is complete in ``ready``, and go on by one."""
        hop = self.mode.hop
        np.copyto(self.ready, self._sum[:, :, :hop])
        # numpy buffers overlapping copies itself; in steps of a hop nothing overlaps and nothing is allocated.
        for start in range(0, self.mode.window - hop, hop):
            np.copyto(self._sum[:, :, start : start + hop], self._sum[:, :, start + hop : start + 2 * hop])
        self._sum[:, :, -hop:] = 0.0

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
