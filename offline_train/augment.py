"""What is done to stems while they are mixed: cheap, random, and fair to all classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtiass.stft import BINS, FRAME, RATE

Audio = NDArray[np.float32]

BLOCK = 256
"""Samples over which the bus compressor measures a level."""


def vary_speed(audio: Audio, ratio: float, count: int) -> Audio:
    """Play audio faster (above 1) or slower, pitch and all, by linear interpolation.

    Args:
        audio: Shape (2, at least ``count * ratio + 1``).
        ratio: Samples of the source a sample of the result.
        count: Samples wanted.

    Returns:
        Shape (2, count). The interpolation also softens the top octave a little, whatever the class.
    """
    if ratio == 1.0:
        return audio[:, :count]
    place = np.arange(count) * ratio
    first = place.astype(np.intp)
    share = (place - first).astype(np.float32)
    return audio[:, first] * (1 - share) + audio[:, first + 1] * share


def equaliser(rng: np.random.Generator, depth: float = 8.0) -> NDArray[np.float32]:
    """Gains of a random low shelf, high shelf and bell, each used or not, shape (BINS,) float32.

    Args:
        rng: Source of all choices.
        depth: Largest gain or cut of each in dB.
    """
    frequency = np.arange(BINS) * (RATE / FRAME)
    use = rng.random(3) < (0.5, 0.5, 0.5)
    low, high = np.exp(rng.uniform(np.log((60.0, 1500.0)), np.log((500.0, 8000.0))))
    middle, octaves = np.exp(rng.uniform(np.log(150.0), np.log(8000.0))), rng.uniform(0.4, 2.0)
    gains = rng.uniform(-depth, depth, 3)
    decibels = np.zeros(BINS)
    if use[0]:
        decibels += gains[0] / (1 + (frequency / low) ** 2)
    if use[1]:
        ratio = (frequency / high) ** 2
        decibels += gains[1] * ratio / (1 + ratio)
    if use[2]:
        distance = np.log2(np.maximum(frequency, 1.0) / middle) / octaves
        decibels += gains[2] * np.exp(-0.5 * distance**2)
    return (10 ** (decibels / 20)).astype(np.float32)


def pan(rng: np.random.Generator, audio: Audio, width: float = 0.6) -> Audio:
    """Move the balance of (2, n) by up to ``width`` of the way to one side, at constant power of an even one."""
    angle = (1 + rng.uniform(-width, width)) * np.pi / 4
    gains = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(np.sqrt(2))
    return audio * gains


def bus_compressor(rng: np.random.Generator, stems: Audio) -> Audio:
    """Even out the mixture's loudness by one gain curve over all stems, which still add up to the mixture.

    Args:
        rng: Source of ratio, threshold and release.
        stems: Shape (stems, 2, samples).

    Returns:
        The same shape.
    """
    samples = stems.shape[-1]
    count = samples // BLOCK
    if count < 2:
        return stems
    mixture = stems.sum(axis=0)
    level = np.sqrt(np.square(mixture[:, : count * BLOCK]).reshape(2, count, BLOCK).mean(axis=(0, 2))) + 1e-6
    release = np.exp(-BLOCK / (RATE * rng.uniform(0.05, 0.4)))
    held = np.empty(count)
    value = 0.0
    for index in range(count):
        value = max(float(level[index]), value * release)
        held[index] = value
    threshold = float(np.quantile(level, rng.uniform(0.3, 0.8))) + 1e-6
    exponent = 1 / rng.uniform(1.5, 5.0) - 1
    gain = np.minimum(1.0, (held / threshold) ** exponent)
    curve = np.interp(np.arange(samples), (np.arange(count) + 0.5) * BLOCK, gain)
    return stems * curve.astype(np.float32)
