"""Studio effects on audio (n,) or (n, 2): levels, filters, dynamics, saturation, echo, doubling, codec.

Filters, compressor, limiter, delay and codec are Pedalboard's. Saturation stays here since Pedalboard's bends
at the plain rate and folds its overtones back; rooms are in `rooms`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from offline_train.render.pool import RATE
from rtiass.errors import UserError

Audio = NDArray[np.float32]


@lru_cache(maxsize=1)
def library() -> Any:
    """The effects library.

    Raises:
        UserError: It is not installed.
    """
    try:
        import pedalboard
    except ImportError as error:
        raise UserError('Rendering needs Pedalboard. Install it with: pip install -e ".[render]"') from error
    return pedalboard


def through(plugins: list[Any], audio: Audio) -> Audio:
    """Send audio through a chain of Pedalboard plugins; shape and length stay."""
    board = library().Pedalboard(plugins)
    shaped = audio[None, :] if audio.ndim == 1 else audio.T
    out = board(np.ascontiguousarray(shaped, np.float32), RATE)
    return np.ascontiguousarray(out[0] if audio.ndim == 1 else out.T, np.float32)


def stereo(audio: Audio, pan: float = 0.0) -> Audio:
    """Place mono (n,) in the stereo field, -1 left to 1 right, at constant power; gives (n, 2)."""
    angle = (pan + 1) * np.pi / 4
    gains = np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(np.sqrt(2))
    return audio[:, None] * gains


def equalise(audio: Audio, rng: np.random.Generator, depth_db: float = 5.0) -> Audio:
    """Random low and high shelf and two random bells."""
    lib = library()

    def gain() -> float:
        return float(rng.uniform(-depth_db, depth_db))

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    return through(
        [
            lib.LowShelfFilter(between(90, 350), gain(), 0.7),
            lib.PeakFilter(between(250, 1200), gain(), float(rng.uniform(0.5, 1.5))),
            lib.PeakFilter(between(1200, 6000), gain(), float(rng.uniform(0.5, 1.5))),
            lib.HighShelfFilter(between(4000, 10000), gain(), 0.7),
        ],
        audio,
    )


def low_pass(audio: Audio, edge_hz: float, order: int = 2) -> Audio:
    """Darken audio above an edge, 6 dB an octave for each order."""
    return np.asarray(sosfilt(butter(order, edge_hz, fs=RATE, output="sos"), audio, axis=0), np.float32)


def high_pass(audio: Audio, edge_hz: float) -> Audio:
    """Cut the lows, 12 dB an octave."""
    return np.asarray(sosfilt(butter(2, edge_hz, "high", fs=RATE, output="sos"), audio, axis=0), np.float32)


def loudness_db(audio: Audio) -> float:
    """RMS of the sounding blocks of 0.1 s (those within 40 dB of the loudest), dB below full scale."""
    mono = np.square(audio).mean(axis=1) if audio.ndim == 2 else np.square(audio)
    block = RATE // 10
    power = mono[: len(mono) // block * block].reshape(-1, block).mean(axis=1)
    if not len(power) or power.max() <= 0:
        return -np.inf
    return float(10 * np.log10(power[power > 1e-4 * power.max()].mean()))


def compress(audio: Audio, ratio: float = 3.0, attack_ms: float = 8.0, release_ms: float = 120.0) -> Audio:
    """Compress what is louder than the usual level; what is lost in loudness is given back."""
    before = loudness_db(audio)
    if not np.isfinite(before):
        return audio
    out = through([library().Compressor(before - 3.0, ratio, attack_ms, release_ms)], audio)
    return out * np.float32(10 ** ((before - loudness_db(out)) / 20))


def limit(audio: Audio, drive_db: float) -> Audio:
    """Push audio, peak-normalised, into a limiter by `drive_db`; peaks end at full scale at most."""
    peak = float(np.abs(audio).max(initial=0.0))
    if peak <= 0:
        return audio
    pushed = audio * np.float32(10 ** (drive_db / 20) / peak)
    return np.clip(through([library().Limiter(-1.0, 120.0)], pushed), -1.0, 1.0)


def saturate(audio: Audio, drive: float) -> Audio:
    """Bend with tanh at twice the rate, relative to the peak; drive 1 is mild, 30 is distortion."""
    peak = float(np.abs(audio).max(initial=1e-9))
    fine = np.tanh(resample_poly(audio / peak, 2, 1, axis=0) * drive)
    return (resample_poly(fine, 1, 2, axis=0)[: len(audio)] * peak / np.tanh(drive)).astype(np.float32)


def echo(audio: Audio, delay_s: float, feedback: float, mix: float) -> Audio:
    """Add repeats; `feedback` and `mix` from 0 to 1."""
    return through([library().Delay(delay_s, feedback, mix)], audio)


def widen(audio: Audio, rng: np.random.Generator) -> Audio:
    """Chorus with a slowly wandering delay of its own on either side of mono (n,); gives (n, 2)."""
    time = np.arange(len(audio))
    sides = []
    for _ in range(2):
        rate, depth = rng.uniform(0.2, 0.9), rng.uniform(0.0008, 0.003) * RATE
        moved = time - 0.012 * RATE - depth * np.sin(2 * np.pi * rate * time / RATE + rng.uniform(0, 6.28))
        sides.append(0.7 * audio + 0.7 * np.interp(moved, time, audio, left=0.0))
    return np.stack(sides, axis=1).astype(np.float32)


def codec(audio: Audio, quality: float) -> Audio:
    """What a lossy codec leaves: MP3 at a variable bit rate, `quality` 0 (best) to 10; without delay.

    The encoder low-passes, from 20 kHz at quality 0 to 10 kHz at 9: give every class the same chance of it.
    """
    peak = max(float(np.abs(audio).max(initial=0.0)), 1e-9)
    return through([library().MP3Compressor(quality)], audio * np.float32(0.5 / peak)) * np.float32(peak / 0.5)


def normalise(audio: Audio, level_db: float = -20.0, ceiling: float = 0.98) -> Audio:
    """Bring the sounding parts to a level (dB below full scale, RMS) and keep peaks below the ceiling."""
    now = loudness_db(audio)
    if not np.isfinite(now):
        return audio
    scaled = (audio * np.float32(10 ** ((level_db - now) / 20))).astype(np.float32)
    # Rare peaks are bent, not allowed to pull the whole item down.
    if float(np.abs(scaled).max(initial=0.0)) > ceiling:
        knee = 0.6 * ceiling
        size = np.abs(scaled)
        over = size > knee
        span = ceiling - knee
        scaled[over] = np.sign(scaled[over]) * (knee + span * np.tanh((size[over] - knee) / span))
    return scaled
