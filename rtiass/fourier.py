"""The transform of a frame: compiled, in float32, without allocating.

A frame of real samples is a complex signal of half its length, even samples beside odd ones. Real and imaginary parts
lie in planes of their own, so that neighbours are worked on together. The complex transform is Stockham's: every pass
reads one buffer and writes another, the first by eights and four more by fours, and no pass has to put the result in
order. See C. Van Loan, "Computational Frameworks for the Fast Fourier Transform", SIAM 1992, 1.7.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtiass.compiling import kernel, part
from rtiass.stft import FRAME

HALF = FRAME // 2
_QUARTER = FRAME // 4
_EIGHTH = np.complex64(np.sqrt(0.5) * (1.0 - 1.0j))
_SCALE = np.float32(0.5 / HALF)


def turns() -> NDArray[np.float32]:
    """Powers of the roots of unity that the passes multiply by.

    Returns:
        Shape (4, 2, HALF // 4) float32: powers 1 to 4, real and imaginary, of ``exp(-2 pi i p / HALF)``.
    """
    angles = -2.0 * np.pi / HALF * np.arange(1, 5)[:, None] * np.arange(HALF // 4)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def half_turns() -> NDArray[np.float32]:
    """What tells even samples from odd ones: shape (2, HALF // 2) float32, of ``exp(-2 pi i k / FRAME)``."""
    angles = -2.0 * np.pi / FRAME * np.arange(HALF // 2)
    return np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


@part
def _turned(z: Any) -> Any:
    """A number times -i."""
    return complex(z.imag, -z.real)


@part
def _by_eights(xr: Any, xi: Any, yr: Any, yi: Any, w: Any) -> None:
    for p in range(256):
        a0, a1 = complex(xr[p], xi[p]), complex(xr[p + 256], xi[p + 256])
        a2, a3 = complex(xr[p + 512], xi[p + 512]), complex(xr[p + 768], xi[p + 768])
        a4, a5 = complex(xr[p + 1024], xi[p + 1024]), complex(xr[p + 1280], xi[p + 1280])
        a6, a7 = complex(xr[p + 1536], xi[p + 1536]), complex(xr[p + 1792], xi[p + 1792])
        c0, c1, c2, c3 = a0 + a4, a1 + a5, a2 + a6, a3 + a7
        c4, c5, c6, c7 = a0 - a4, _EIGHTH * (a1 - a5), _turned(a2 - a6), _turned(_EIGHTH * (a3 - a7))
        e0, e1, e2, e3 = c0 + c2, c1 + c3, c0 - c2, _turned(c1 - c3)
        o0, o1, o2, o3 = c4 + c6, c5 + c7, c4 - c6, _turned(c5 - c7)
        w1, w2 = complex(w[0, 0, p], w[0, 1, p]), complex(w[1, 0, p], w[1, 1, p])
        w3, w4 = complex(w[2, 0, p], w[2, 1, p]), complex(w[3, 0, p], w[3, 1, p])
        k = 8 * p
        z = e0 + e1
        yr[k], yi[k] = z.real, z.imag
        z = w1 * (o0 + o1)
        yr[k + 1], yi[k + 1] = z.real, z.imag
        z = w2 * (e2 + e3)
        yr[k + 2], yi[k + 2] = z.real, z.imag
        z = w3 * (o2 + o3)
        yr[k + 3], yi[k + 3] = z.real, z.imag
        z = w4 * (e0 - e1)
        yr[k + 4], yi[k + 4] = z.real, z.imag
        z = w4 * w1 * (o0 - o1)
        yr[k + 5], yi[k + 5] = z.real, z.imag
        z = w4 * w2 * (e2 - e3)
        yr[k + 6], yi[k + 6] = z.real, z.imag
        z = w4 * w3 * (o2 - o3)
        yr[k + 7], yi[k + 7] = z.real, z.imag


@part
def _by_fours(xr: Any, xi: Any, yr: Any, yi: Any, w: Any, done: int) -> None:
    """A pass after which transforms of ``4 * done`` points are complete."""
    for o in range(0, 512, done):
        w1, w2 = complex(w[0, 0, o], w[0, 1, o]), complex(w[1, 0, o], w[1, 1, o])
        w3 = complex(w[2, 0, o], w[2, 1, o])
        for i in range(o, o + done):
            a0, a1 = complex(xr[i], xi[i]), complex(xr[i + 512], xi[i + 512])
            a2, a3 = complex(xr[i + 1024], xi[i + 1024]), complex(xr[i + 1536], xi[i + 1536])
            e0, e1, e2, e3 = a0 + a2, a1 + a3, a0 - a2, _turned(a1 - a3)
            k = 3 * o + i
            z = e0 + e1
            yr[k], yi[k] = z.real, z.imag
            z = w1 * (e2 + e3)
            yr[k + done], yi[k + done] = z.real, z.imag
            z = w2 * (e0 - e1)
            yr[k + 2 * done], yi[k + 2 * done] = z.real, z.imag
            z = w3 * (e2 - e3)
            yr[k + 3 * done], yi[k + 3 * done] = z.real, z.imag


@kernel
def transform(x: Any, y: Any, work: Any, w: Any) -> None:
    """Complex transforms, one after the other: ``y[k] = sum_n x[n] exp(-2 pi i n k / HALF)``.

    Args:
        x: Shape (count, 2, HALF) float32, real and imaginary parts.
        y: The same shape, overwritten.
        work: Shape (2, HALF) float32, overwritten.
        w: The ``turns``.
    """
    wr, wi = work[0], work[1]
    for n in range(len(x)):
        yr, yi = y[n, 0], y[n, 1]
        _by_eights(x[n, 0], x[n, 1], yr, yi, w)
        # The distances between what is written must be known, or LLVM does not work on neighbours together.
        _by_fours(yr, yi, wr, wi, w, 8)
        _by_fours(wr, wi, yr, yi, w, 32)
        _by_fours(yr, yi, wr, wi, w, 128)
        _by_fours(wr, wi, yr, yi, w, 512)


@kernel
def fold(samples: Any, start: int, window: Any, x: Any) -> None:
    """Window a frame of every channel, even samples beside odd ones.

    Args:
        samples: Shape (channels, n) float32.
        start: Where the frame begins.
        window: Shape (FRAME,) float32.
        x: Shape (channels, 2, HALF) float32, overwritten.
    """
    for channel in range(len(samples)):
        sound, even, odd = samples[channel, start : start + FRAME], x[channel, 0], x[channel, 1]
        for n in range(HALF):
            even[n] = sound[2 * n] * window[2 * n]
            odd[n] = sound[2 * n + 1] * window[2 * n + 1]


@part
def _spectrum(zr: Any, zi: Any, w: Any, re: Any, im: Any) -> None:
    re[0], im[0] = zr[0] + zi[0], 0.0
    re[HALF], im[HALF] = zr[0] - zi[0], 0.0
    half = np.float32(0.5)
    for k in range(1, _QUARTER):
        j = HALF - k
        a, b = complex(zr[k], zi[k]), complex(zr[j], -zi[j])
        even, odd = half * (a + b), _turned(half * (a - b)) * complex(w[0, k], w[1, k])
        z = even + odd
        re[k], im[k] = z.real, z.imag
        z = even - odd
        re[j], im[j] = z.real, -z.imag
    re[_QUARTER], im[_QUARTER] = zr[_QUARTER], -zi[_QUARTER]


@kernel
def spectra(z: Any, w: Any, spectrum: Any) -> None:
    """Spectra of real frames from the transforms of their halves.

    Args:
        z: Shape (channels, 2, HALF) float32.
        w: The ``half_turns``.
        spectrum: Shape (channels, 2, HALF + 1) float32, overwritten.
    """
    for channel in range(len(z)):
        _spectrum(z[channel, 0], z[channel, 1], w, spectrum[channel, 0], spectrum[channel, 1])


@kernel
def magnitudes(spectrum: Any, scale: Any, out: Any) -> None:
    """Scaled magnitudes.

    Args:
        spectrum: Shape (channels, 2, bins) float32.
        scale: Factor, float32.
        out: Shape (channels, bins) float32, overwritten.
    """
    for channel in range(len(spectrum)):
        re, im, to = spectrum[channel, 0], spectrum[channel, 1], out[channel]
        for k in range(len(to)):
            to[k] = scale * np.sqrt(re[k] * re[k] + im[k] * im[k])


@part
def _masked(re: Any, im: Any, re2: Any, im2: Any, mask: Any, share: Any, w: Any, xr: Any, xi: Any) -> None:
    a, b = (mask[0] - share) * re[0] - share * re2[0], (mask[HALF] - share) * re[HALF] - share * re2[HALF]
    # A transform with real and imaginary parts exchanged, before and behind it, is the inverse one.
    xi[0], xr[0] = _SCALE * (a + b), _SCALE * (a - b)
    for k in range(1, _QUARTER):
        j = HALF - k
        c, d = _SCALE * (mask[k] - share), _SCALE * (mask[j] - share)
        m = _SCALE * share
        a = complex(c * re[k] - m * re2[k], c * im[k] - m * im2[k])
        b = complex(d * re[j] - m * re2[j], m * im2[j] - d * im[j])
        even, odd = a + b, (a - b) * complex(w[0, k], -w[1, k])
        xi[k], xr[k] = even.real - odd.imag, even.imag + odd.real
        xi[j], xr[j] = even.real + odd.imag, odd.real - even.imag
    k = _QUARTER
    c, m = 2 * _SCALE * (mask[k] - share), 2 * _SCALE * share
    xi[k], xr[k] = c * re[k] - m * re2[k], m * im2[k] - c * im[k]


@kernel
def mask(spectrum: Any, masks: Any, mid: Any, w: Any, x: Any) -> None:
    """Masked spectra, made ready for the inverse transform.

    Args:
        spectrum: Shape (channels, 2, HALF + 1) float32.
        masks: Shape (buses, HALF + 1) float32.
        mid: Weight of the channels' mean that is taken off each bus, shape (buses,) float32; for two channels only.
        w: The ``half_turns``.
        x: Shape (buses * channels, 2, HALF) float32, overwritten; its transform is put together by ``overlap``.
    """
    channels = len(spectrum)
    for bus in range(len(masks)):
        share = np.float32(0.5) * mid[bus] if channels == 2 else np.float32(0.0)
        for channel in range(channels):
            one, other, to = spectrum[channel], spectrum[channels - 1 - channel], x[bus * channels + channel]
            _masked(one[0], one[1], other[0], other[1], masks[bus], share, w, to[0], to[1])


@kernel
def overlap(z: Any, window: Any, out: Any) -> None:
    """Add the windowed ends of what was transformed back.

    Args:
        z: Shape (buses * channels, 2, HALF) float32.
        window: Synthesis window, shape (L,) float32.
        out: Shape (buses, channels, L) float32.
    """
    buses, channels, length = out.shape
    for bus in range(buses):
        for channel in range(channels):
            part = z[bus * channels + channel]
            even, odd, to = part[1, HALF - length // 2 :], part[0, HALF - length // 2 :], out[bus, channel]
            for n in range(length // 2):
                to[2 * n] += even[n] * window[2 * n]
                to[2 * n + 1] += odd[n] * window[2 * n + 1]
