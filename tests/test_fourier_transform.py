"""The compiled transform is the one of numpy, there and back, and channels know nothing of one another."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rtiass import fourier
from rtiass.stft import BINS, FRAME

WINDOW = np.random.default_rng(5).uniform(0.1, 1.0, FRAME).astype(np.float32)


def spectra(sound: NDArray[np.float32], start: int = 0) -> NDArray[np.float32]:
    """Spectra of windowed frames, shape (channels, 2, bins)."""
    x, work = np.zeros((len(sound), 2, fourier.HALF), np.float32), np.zeros((2, fourier.HALF), np.float32)
    z, found = np.zeros_like(x), np.zeros((len(sound), 2, BINS), np.float32)
    fourier.fold(sound, start, WINDOW, x)
    fourier.transform(x, z, work, fourier.turns())
    fourier.spectra(z, fourier.half_turns(), found)
    return found


def waves(spectrum: NDArray[np.float32], masks: NDArray[np.float32], mid: NDArray[np.float32], length: int):
    """What comes back, shape (buses, channels, length)."""
    count = len(masks) * len(spectrum)
    x, work = np.zeros((count, 2, fourier.HALF), np.float32), np.zeros((2, fourier.HALF), np.float32)
    z, out = np.zeros_like(x), np.zeros((len(masks), len(spectrum), length), np.float32)
    fourier.mask(spectrum, masks, mid, fourier.half_turns(), x)
    fourier.transform(x, z, work, fourier.turns())
    fourier.overlap(z, np.ones(length, np.float32), out)
    return out


def noise(channels: int, length: int = FRAME) -> NDArray[np.float32]:
    return np.random.default_rng(channels).standard_normal((channels, length)).astype(np.float32)


def decibels(found: NDArray[np.generic], wanted: NDArray[np.generic]) -> float:
    return float(20 * np.log10(np.linalg.norm(found - wanted) / np.linalg.norm(wanted)))


@pytest.mark.parametrize("channels", [1, 2])
def test_forth_as_numpy(channels):
    sound = noise(channels, FRAME + 100)
    found = spectra(sound, 37)
    wanted = np.fft.rfft(sound[:, 37 : 37 + FRAME].astype(np.float64) * WINDOW)
    assert decibels(found[:, 0] + 1j * found[:, 1], wanted) < -130.0


@pytest.mark.parametrize("at", [0, 1, 511, 512, 1023, 1024, 1025, 2047, 2048, 4095])
def test_one_sample_turns_through_every_bin(at):
    sound = np.zeros((1, FRAME), np.float32)
    sound[0, at] = 1.0 / WINDOW[at]
    found = spectra(sound)[0]
    wanted = np.exp(-2j * np.pi * at * np.arange(BINS) / FRAME)
    assert np.abs(found[0] + 1j * found[1] - wanted).max() < 1e-6


@pytest.mark.parametrize("length", [256, 1024, FRAME])
@pytest.mark.parametrize("channels", [1, 2])
def test_back_with_masks_as_numpy(channels, length):
    spectrum = spectra(noise(channels))
    masks = np.random.default_rng(1).random((3, BINS), dtype=np.float32)
    found = waves(spectrum, masks, np.zeros(3, np.float32), length)
    complex_ = (spectrum[:, 0] + 1j * spectrum[:, 1]).astype(np.complex128)
    wanted = np.fft.irfft(complex_[None] * masks[:, None], n=FRAME)[:, :, FRAME - length :]
    assert decibels(found, wanted) < -130.0


def test_the_middle_is_taken_off():
    spectrum = spectra(noise(2))
    masks, mid = np.ones((2, BINS), np.float32), np.array([1.0, 0.3], np.float32)
    found = waves(spectrum, masks, mid, FRAME)
    left, right = np.fft.irfft(spectrum[:, 0] + 1j * spectrum[:, 1], n=FRAME)
    for bus, weight in enumerate(mid):
        middle = 0.5 * weight * (left + right)
        assert decibels(found[bus], np.stack([left - middle, right - middle])) < -120.0


def test_a_silent_channel_stays_exactly_silent():
    sound = noise(2)
    sound[1] = 0.0
    spectrum = spectra(sound)
    assert spectrum[0].any()
    assert not spectrum[1].any()
    found = waves(spectrum, np.ones((1, BINS), np.float32), np.zeros(1, np.float32), 512)
    assert found[0, 0].any()
    assert not found[0, 1].any()


def test_a_channel_is_the_same_alone_as_beside_another():
    both = noise(2)
    assert np.array_equal(spectra(both)[0], spectra(both[:1])[0])


def test_magnitudes_are_scaled():
    spectrum = spectra(noise(2))
    out = np.zeros((2, BINS), np.float32)
    fourier.magnitudes(spectrum, np.float32(0.25), out)
    assert np.allclose(out, 0.25 * np.hypot(spectrum[:, 0], spectrum[:, 1]), rtol=1e-6)
