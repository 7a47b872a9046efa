"""Studio effects: equaliser, saturation, amplifier, echo, reverberation, doubling, levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from offline_train.render.pool import RATE

Audio = NDArray[np.float32]


def stereo(audio: Audio, pan: float = 0.0) -> Audio:
    """Place mono (n,) in the stereo field, -1 left to 1 right, at constant power; gives (n, 2)."""
    angle = (pan + 1) * np.pi / 4
    gains = np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(np.sqrt(2))
    return audio[:, None] * gains


def shelf_eq(audio: Audio, rng: np.random.Generator, depth_db: float = 5.0) -> Audio:
    """Tilt audio (n,) or (n, 2) by random gains in four bands of gentle slope."""
    edges = (rng.uniform(120, 300), rng.uniform(600, 1500), rng.uniform(3000, 6000))
    out = np.zeros_like(audio)
    rest = audio
    for edge in edges:
        low = sosfilt(butter(1, edge, fs=RATE, output="sos"), rest, axis=0).astype(np.float32)
        out += low * np.float32(10 ** (rng.uniform(-depth_db, depth_db) / 20))
        rest = rest - low
    return out + rest * np.float32(10 ** (rng.uniform(-depth_db, depth_db) / 20))


def low_pass(audio: Audio, edge_hz: float) -> Audio:
    """Darken audio (n,) or (n, 2) above an edge, 12 dB an octave."""
    return np.asarray(sosfilt(butter(2, edge_hz, fs=RATE, output="sos"), audio, axis=0), np.float32)


def compress(audio: Audio, ratio: float = 3.0, window_s: float = 0.03) -> Audio:
    """Even out loudness above the median level of the loud parts by a smoothed envelope."""
    power = np.square(audio).mean(axis=1) if audio.ndim == 2 else np.square(audio)
    step = int(window_s * RATE)
    blocks = np.add.reduceat(power, np.arange(0, len(power), step)) / step
    level = np.sqrt(np.maximum(np.convolve(blocks, [0.25, 0.5, 0.25], "same"), 1e-12))
    loud = level[level > 0.05 * level.max()]
    threshold = float(np.median(loud)) if len(loud) else 1.0
    gain = np.minimum(1.0, (level / threshold) ** (1 / ratio - 1))
    curve = np.interp(np.arange(len(power)), np.arange(len(gain)) * step + step / 2, gain).astype(np.float32)
    return audio * (curve[:, None] if audio.ndim == 2 else curve)


def saturate(audio: Audio, drive: float) -> Audio:
    """Bend with tanh at twice the rate, relative to the peak; drive 1 is mild, 30 is distortion."""
    peak = float(np.abs(audio).max(initial=1e-9))
    fine = np.tanh(resample_poly(audio / peak, 2, 1, axis=0) * drive)
    return (resample_poly(fine, 1, 2, axis=0)[: len(audio)] * peak / np.tanh(drive)).astype(np.float32)


def amplifier(audio: Audio, drive: float, rng: np.random.Generator, bass: bool = False) -> Audio:
    """Guitar or bass amplifier: tight input, saturation, cabinet."""
    lows = rng.uniform(25, 45) if bass else rng.uniform(70, 160)
    x = sosfilt(butter(1, lows, "high", fs=RATE, output="sos"), audio, axis=0)
    x = saturate(np.asarray(x, np.float32), drive)
    top = rng.uniform(2500, 5500)
    return np.asarray(sosfilt(butter(3, top, fs=RATE, output="sos"), x, axis=0), np.float32)


def reverb(audio: Audio, rng: np.random.Generator, seconds: float, wet: float) -> Audio:
    """Add a diffuse tail of random, decaying, darkening noise, different on both sides; gives (n, 2)."""
    dry = audio if audio.ndim == 2 else stereo(audio)
    count = int(seconds * RATE)
    time = np.arange(count) / RATE
    tail = rng.standard_normal((count, 2)) * (10.0 ** (-3 * time / seconds))[:, None]
    tail[: int(rng.uniform(0.005, 0.03) * RATE)] = 0.0
    tail = sosfilt(
        butter(1, (rng.uniform(150, 400), rng.uniform(3500, 9000)), "band", fs=RATE, output="sos"), tail, axis=0
    )
    tail /= np.sqrt(np.square(tail).sum(axis=0))
    wetted = fftconvolve(dry, tail, axes=0)[: len(dry)]
    return (dry + np.float32(wet) * wetted).astype(np.float32)


def echo(audio: Audio, delay_s: float, feedback: float, wet: float) -> Audio:
    """Add repeats that swap sides; (n, 2) to (n, 2)."""
    out = audio.copy()
    gain, shift, source = wet, int(delay_s * RATE), audio
    while gain > 0.02 and shift < len(audio):
        source = source[:, ::-1]
        out[shift:] += np.float32(gain) * source[: len(audio) - shift]
        gain *= feedback
        shift += int(delay_s * RATE)
    return out


def widen(audio: Audio, rng: np.random.Generator) -> Audio:
    """Chorus: a slowly wandering delay on either side of mono (n,); gives (n, 2)."""
    time = np.arange(len(audio))
    sides = []
    for _ in range(2):
        rate, depth = rng.uniform(0.2, 0.9), rng.uniform(0.0008, 0.003) * RATE
        moved = time - 0.012 * RATE - depth * np.sin(2 * np.pi * rate * time / RATE + rng.uniform(0, 6.28))
        sides.append(0.7 * audio + 0.7 * np.interp(moved, time, audio, left=0.0))
    return np.stack(sides, axis=1).astype(np.float32)


def normalise(audio: Audio, level_db: float = -20.0, ceiling: float = 0.98) -> Audio:
    """Bring the sounding parts to a level (dB below full scale, RMS) and keep peaks below the ceiling."""
    mono = np.square(audio).mean(axis=1) if audio.ndim == 2 else np.square(audio)
    block = int(0.1 * RATE)
    power = mono[: len(mono) // block * block].reshape(-1, block).mean(axis=1)
    if not len(power) or power.max() <= 0:
        return audio
    active = power[power > 1e-4 * power.max()]
    gain = 10 ** (level_db / 20) / np.sqrt(active.mean())
    peak = float(np.abs(audio).max()) * gain
    # Rare peaks are bent, not allowed to pull the whole item down.
    scaled = (audio * np.float32(gain)).astype(np.float32)
    if peak > ceiling:
        knee = 0.6 * ceiling
        size = np.abs(scaled)
        over = size > knee
        span = ceiling - knee
        scaled[over] = np.sign(scaled[over]) * (knee + span * np.tanh((size[over] - knee) / span))
    return scaled
