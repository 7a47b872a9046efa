"""Recordings taken to pieces: phrases on the grid, stutters, clouds of grains."""

from __future__ import annotations

import numpy as np

from offline_train.render.beats import STEPS, Piece
from offline_train.render.effects import Audio
from offline_train.render.pool import RATE
from offline_train.render.samples import place

FADE_S = 0.008
GRAIN_S = (0.05, 0.4)


def _edged(audio: Audio) -> Audio:
    """Fade both ends, so that a cut does not click."""
    fade = min(int(FADE_S * RATE), len(audio) // 2)
    out = audio.copy()
    ramp = np.linspace(0, 1, fade, dtype=np.float32)[:, None]
    out[:fade] *= ramp
    out[len(out) - fade :] *= ramp[::-1]
    return out


def onsets(audio: Audio) -> list[int]:
    """Samples at which a recording (n, 2) begins to sound after a pause of 0.1 s or more."""
    step = RATE // 100
    power = np.square(audio[: len(audio) // step * step]).mean(axis=1).reshape(-1, step).mean(axis=1)
    on = power > 1e-3 * max(float(power.max(initial=0.0)), 1e-12)
    quiet = 10
    padded = np.concatenate([np.zeros(quiet, bool), on])
    before = np.lib.stride_tricks.sliding_window_view(padded, quiet)[: len(on)].any(axis=1)
    return [int(i) * step for i in np.flatnonzero(on & ~before)]


def arranged(audio: Audio, piece: Piece, bars: list[int], rng: np.random.Generator) -> Audio:
    """Lay phrases of a recording on the grid of the given bars: repeated, stuttered, reversed now and then.

    Args:
        audio: The recording (n, 2).
        piece: Gives grid and length.
        bars: Bars that may sound.
        rng: Random numbers.

    Returns:
        Audio (piece.seconds * RATE, 2).
    """
    out = np.zeros((round(piece.seconds * RATE), 2), np.float32)
    starts = onsets(audio)
    if not starts:
        return out
    bar_n = round(STEPS * piece.step_s * RATE)
    wanted = set(bars)
    bar = min(wanted)
    while bar <= max(wanted):
        length = int(rng.choice([1, 2, 2, 4]))
        at = starts[int(rng.integers(len(starts)))]
        phrase = audio[at : at + length * bar_n]
        style = rng.random()
        if style < 0.2:
            # A syllable repeated on sixteenths, eighths or quarters.
            cell = round(float(rng.choice([1, 2, 4])) * piece.step_s * RATE)
            phrase = np.concatenate([_edged(audio[at : at + cell])] * max(length * bar_n // max(cell, 1), 1))
        elif style < 0.28:
            phrase = phrase[::-1]
        for repeat in range(int(rng.choice([1, 1, 2, 4]))):
            for offset in range(length):
                here = bar + repeat * length + offset
                part = phrase[offset * bar_n : (offset + 1) * bar_n]
                if here in wanted and len(part):
                    place(out, _edged(part), round(piece.time(here, 0) * RATE), 1.0)
        bar += length * (repeat + 1) + int(rng.choice([0, 0, 1]))
    return out


def gated(audio: Audio, piece: Piece, bars: list[int]) -> Audio:
    """Let a recording (n, 2) through in the given bars alone; gives (piece.seconds * RATE, 2)."""
    count = round(piece.seconds * RATE)
    gain = np.zeros(count + 1, np.float32)
    for bar in bars:
        start, stop = (round(piece.time(b, 0) * RATE) for b in (bar, bar + 1))
        gain[min(start, count) : min(stop, count)] = 1.0
    width = int(FADE_S * RATE)
    soft = np.convolve(gain[:count], np.ones(width, np.float32) / width, mode="same")
    out = np.zeros((count, 2), np.float32)
    out[: len(audio)] = audio[:count]
    return out * soft[:, None]


def cloud(sound: Audio, count: int, grains_a_second: float, rng: np.random.Generator) -> Audio:
    """Scatter short pieces of a sound over time and the stereo field; gives (count, 2)."""
    out = np.zeros((count, 2), np.float32)
    longest = int(GRAIN_S[1] * RATE)
    if len(sound) < int(GRAIN_S[0] * RATE):
        return out
    for _ in range(int(grains_a_second * count / RATE)):
        length = min(int(rng.uniform(*GRAIN_S) * RATE), longest, len(sound))
        at = int(rng.integers(0, len(sound) - length + 1))
        grain = sound[at : at + length] * np.hanning(length).astype(np.float32)[:, None]
        pan = float(rng.uniform(-1, 1))
        grain = grain * np.array([min(1, 1 - pan), min(1, 1 + pan)], np.float32)
        place(out, grain, int(rng.integers(0, max(count - length, 1))), float(rng.uniform(0.2, 1.0)))
    return out
