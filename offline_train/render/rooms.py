"""Rooms, plates and amplifiers with their cabinets: impulse responses drawn at random, convolved by SciPy."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from offline_train.render.effects import Audio, library, saturate, stereo, through
from offline_train.render.pool import RATE


def room(audio: Audio, rng: np.random.Generator, seconds: float, wet: float) -> Audio:
    """Add a diffuse tail of random, decaying, darkening noise, different on both sides; gives (n, 2).

    `seconds` is the time in which the tail falls by 60 dB, `wet` its gain.
    """
    dry = audio if audio.ndim == 2 else stereo(audio)
    tail = _tail(rng, seconds)
    wetted = fftconvolve(dry, tail, axes=0)[: len(dry)]
    return (dry + np.float32(wet) * wetted).astype(np.float32)


def _tail(rng: np.random.Generator, seconds: float) -> Audio:
    count = max(int(seconds * RATE), 64)
    time = np.arange(count) / RATE
    tail = rng.standard_normal((count, 2)) * (10.0 ** (-3 * time / seconds))[:, None]
    quiet = int(rng.uniform(0.003, 0.025) * RATE)
    tail[:quiet] = 0.0
    # First reflections: some strong, separate arrivals.
    for _ in range(int(rng.integers(3, 9))):
        at = int(rng.uniform(0.002, 0.03) * RATE)
        if at < count:
            tail[at] += rng.normal(0, 6.0, 2) * (1 - at / (0.05 * RATE))
    edges = (rng.uniform(100, 400), rng.uniform(3500, 11000))
    tail = sosfilt(butter(1, edges, "band", fs=RATE, output="sos"), tail, axis=0)
    return np.asarray(tail / np.sqrt(np.square(tail).sum(axis=0)), np.float32)


def hall(audio: Audio, rng: np.random.Generator, wet: float) -> Audio:
    """Add Pedalboard's reverberation (Freeverb) of random size; gives (n, 2)."""
    dry = audio if audio.ndim == 2 else stereo(audio)
    reverb = library().Reverb(
        room_size=float(rng.uniform(0.2, 0.95)),
        damping=float(rng.uniform(0.1, 0.9)),
        wet_level=wet,
        dry_level=0.5,
        width=float(rng.uniform(0.5, 1.0)),
    )
    # Freeverb doubles the dry level that it is given.
    return through([reverb], dry)


def space(audio: Audio, rng: np.random.Generator, longest_s: float, wettest: float) -> Audio:
    """Add one of the two kinds of reverberation at random strength; gives (n, 2)."""
    wet = float(rng.uniform(0.15, 1.0)) * wettest
    if rng.random() < 0.4:
        return hall(audio, rng, 0.6 * wet)
    return room(audio, rng, float(rng.uniform(0.2, 1.0)) * longest_s, wet)


def _cabinet(rng: np.random.Generator, bass: bool) -> Audio:
    """Impulse response of a loudspeaker in its box before a microphone."""
    count = int(0.02 * RATE)
    impulse = np.zeros(count)
    impulse[0] = 1.0
    impulse[1:] += rng.standard_normal(count - 1) * 0.12 * np.exp(-np.arange(1, count) / (0.0012 * RATE))
    lib = library()
    low = rng.uniform(30, 50) if bass else rng.uniform(70, 120)
    top = rng.uniform(2500, 5500) if bass else rng.uniform(2800, 7000)
    shaped = sosfilt(butter(2, low, "high", fs=RATE, output="sos"), impulse)
    shaped = sosfilt(butter(4, top, fs=RATE, output="sos"), shaped)
    tone = [
        lib.PeakFilter(float(rng.uniform(80, 160)), float(rng.uniform(0, 5)), 1.0),
        lib.PeakFilter(float(rng.uniform(350, 700)), float(rng.uniform(-6, 1)), 0.8),
        lib.PeakFilter(float(rng.uniform(1800, 3200)), float(rng.uniform(-1, 6)), 0.9),
    ]
    return through(tone, np.asarray(shaped, np.float32))


def amplifier(audio: Audio, drive: float, rng: np.random.Generator, bass: bool = False) -> Audio:
    """Guitar or bass amplifier: tight input, one or two stages of saturation, cabinet; mono or stereo."""
    lows = rng.uniform(25, 45) if bass else rng.uniform(70, 200)
    x = np.asarray(sosfilt(butter(1, lows, "high", fs=RATE, output="sos"), audio, axis=0), np.float32)
    x = saturate(x, drive)
    if drive > 8:
        middle = library().PeakFilter(float(rng.uniform(500, 1100)), float(rng.uniform(-4, 6)), 0.7)
        x = saturate(through([middle], x), float(rng.uniform(1.5, 5)))
    impulse = _cabinet(rng, bass)
    out = fftconvolve(x, impulse[:, None] if x.ndim == 2 else impulse, axes=0)[: len(x)]
    return np.asarray(out, np.float32)
