"""Songs made of nothing but arithmetic: seven instruments, each with its pauses, for a stand-in of a data set.

They need no file and no download, and the same seed gives the same sound. They are no music worth hearing, and nothing
that is measured on them says anything of music.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from rtiass.stft import RATE

Mono = NDArray[np.float64]

BAR = 1.0
"""Seconds of a bar of four beats."""
LEVEL = 0.06
"""RMS of an instrument while it plays, full scale 1."""
SCALE = (0, 3, 5, 7, 10)
CHORDS = ((0, 3, 7), (5, 8, 12), (7, 10, 14), (-2, 2, 5))


@dataclass(frozen=True)
class Score:
    """What all instruments of a song have in common.

    Attributes:
        root: Hertz.
        chords: One of CHORDS for each bar, in semitones.
    """

    root: float
    chords: tuple[tuple[int, ...], ...]


def song(seed: int, seconds: float, classes: tuple[str, ...]) -> dict[str, NDArray[np.float32]]:
    """The stems of a song.

    Args:
        seed: Another one gives another song.
        seconds: Length.
        classes: Names in PLAYERS.

    Returns:
        By class, shape (2, samples) float32. Each instrument rests in a quarter of the bars, at least in one.
    """
    rng = np.random.default_rng(seed)
    bars = max(2, round(seconds / BAR))
    score = Score(55.0 * 2 ** (rng.integers(12) / 12), tuple(CHORDS[k] for k in rng.integers(len(CHORDS), size=bars)))
    samples = round(seconds * RATE)
    out: dict[str, NDArray[np.float32]] = {}
    for name in classes:
        sound = np.zeros(samples + RATE)
        rests = rng.choice(bars, size=max(1, bars // 4), replace=False)
        for bar in range(bars):
            if bar in rests:
                continue
            start = round(bar * BAR * RATE)
            played = PLAYERS[name](rng, score.root, score.chords[bar])[: len(sound) - start]
            sound[start : start + len(played)] += played
        sound = sound[:samples]
        heard = sound[np.abs(sound) > 1e-4 * np.abs(sound).max(initial=0.0)]
        level = np.sqrt(np.mean(np.square(heard))) if len(heard) else 1.0
        place = 0.25 + 0.5 * rng.random()
        both = np.stack((np.cos(np.pi / 2 * place), np.sin(np.pi / 2 * place)))[:, None] * (LEVEL / level * sound)
        out[name] = np.clip(both, -0.5, 0.5).astype(np.float32)
    return out


def _time(seconds: float) -> Mono:
    return np.arange(round(seconds * RATE)) / RATE


def _place(sound: Mono, note: Mono, at: float) -> None:
    start = round(at * RATE)
    part = note[: len(sound) - start]
    sound[start : start + len(part)] += part


def _partials(frequency: float, weights: NDArray[np.floating], t: Mono, stretch: float = 0.0) -> Mono:
    """Sum of partials below 16 kHz; with ``stretch`` they are as far from harmonic as those of a string."""
    k = np.arange(1, len(weights) + 1)
    places = frequency * k * np.sqrt(1 + stretch * k**2)
    kept = places < 16000
    # In single precision, which is many times faster and as good to the ear.
    phases = np.float32(2 * np.pi) * places[kept, None].astype(np.float32) * t.astype(np.float32)
    return (weights[kept].astype(np.float32) @ np.sin(phases)).astype(np.float64)


def _pluck(rng: np.random.Generator, frequency: float, seconds: float, damping: float) -> Mono:
    """A plucked string (Karplus and Strong 1983): noise round a delay line with a low-pass."""
    length = max(2, round(RATE / frequency))
    burst = np.zeros(round(seconds * RATE))
    burst[:length] = rng.uniform(-1, 1, length)
    feedback = np.zeros(length + 2)
    feedback[0], feedback[length], feedback[length + 1] = 1.0, -damping / 2, -damping / 2
    return lfilter([1.0], feedback, burst)


def drums(rng: np.random.Generator, root: float, chord: tuple[int, ...]) -> Mono:
    """A bar of kick, snare and hat."""
    sound = np.zeros(round(1.3 * BAR * RATE))
    t = _time(0.25)
    kick = np.sin(2 * np.pi * (45 * t - 12 * np.exp(-30 * t) / 3)) * np.exp(-14 * t)
    snare = (0.6 * rng.standard_normal(len(t)) + np.sin(2 * np.pi * 185 * t)) * np.exp(-22 * t)
    hat = np.diff(rng.standard_normal(len(t) + 1)) * np.exp(-70 * t)
    for beat in range(8):
        _place(sound, 0.25 * hat, beat * BAR / 8)
        if beat % 4 == 0 or rng.random() < 0.15:
            _place(sound, 1.2 * kick, beat * BAR / 8)
        if beat % 4 == 2:
            _place(sound, 0.7 * snare, beat * BAR / 8)
    return sound


def bass(rng: np.random.Generator, root: float, chord: tuple[int, ...]) -> Mono:
    """A bar of low notes with few overtones."""
    sound = np.zeros(round(BAR * RATE))
    t = _time(BAR / 4)
    for beat in range(4):
        pitch = root * 2 ** ((chord[0] + rng.choice([0, 0, 7])) / 12)
        _place(sound, _partials(pitch, 1.0 / np.arange(1, 9) ** 1.3, t) * np.exp(-3 * t), beat * BAR / 4)
    return sound


def vocals(rng: np.random.Generator, root: float, chord: tuple[int, ...]) -> Mono:
    """A bar of a voice-like sound: many harmonics under two formants, with vibrato."""
    sound = np.zeros(round(BAR * RATE))
    t = _time(BAR / 2)
    for half in range(2):
        pitch = 4 * root * 2 ** (SCALE[rng.integers(len(SCALE))] / 12)
        turns = np.cumsum(pitch * (1 + 0.012 * np.sin(2 * np.pi * 5.5 * t))) / RATE
        first, second = rng.uniform(350, 800), rng.uniform(1000, 2200)
        k = np.arange(1, 1 + min(40, int(8000 / pitch)))
        weights = np.exp(-(((k * pitch - first) / 200) ** 2)) + 0.5 * np.exp(-(((k * pitch - second) / 300) ** 2))
        note = (weights + 0.02) @ np.sin((2 * np.pi * k[:, None] * turns).astype(np.float32))
        _place(sound, note * np.minimum(1, 20 * t) * np.minimum(1, 20 * (t[-1] - t)), half * BAR / 2)
    return sound


def electric_guitar(rng: np.random.Generator, root: float, chord: tuple[int, ...]) -> Mono:
    """A bar of distorted power chords."""
    strings = sum(_pluck(rng, 2 * root * 2 ** (n / 12), BAR, 0.998) for n in (chord[0], chord[0] + 7, chord[0] + 12))
    return np.tanh(4 * np.asarray(strings))


def acoustic_guitar(rng: np.random.Generator, root: float, chord: tuple[int, ...]) -> Mono:
    """A bar of plucked broken chords."""
    sound = np.zeros(round(1.3 * BAR * RATE))
    for beat in range(8):
        note = _pluck(rng, 4 * root * 2 ** (chord[beat % len(chord)] / 12), 0.5, 0.99)
        _place(sound, note, beat * BAR / 8)
    return sound


def piano(rng: np.random.Generator, root: float, chord: tuple[int, ...]) -> Mono:
    """A bar of two struck chords of slightly inharmonic, decaying partials."""
    sound = np.zeros(round(1.3 * BAR * RATE))
    t = _time(0.7)
    weights = 1.0 / np.arange(1, 13) ** 1.1
    for half in range(2):
        for n in chord:
            note = _partials(4 * root * 2 ** (n / 12), weights, t, 4e-4) * np.exp(-4 * t)
            _place(sound, note, half * BAR / 2)
    return sound


def other(rng: np.random.Generator, root: float, chord: tuple[int, ...]) -> Mono:
    """A bar of a slowly swelling pad of detuned saws."""
    t = _time(BAR)
    saws = [
        _partials(4 * root * 2 ** (n / 12) * (1 + rng.uniform(-0.004, 0.004)), 1.0 / np.arange(1, 31), t) for n in chord
    ]
    return np.sum(saws, axis=0) * np.sin(np.pi * t / BAR) ** 0.5


PLAYERS: dict[str, Callable[[np.random.Generator, float, tuple[int, ...]], Mono]] = {
    "vocals": vocals,
    "drums": drums,
    "bass": bass,
    "electric_guitar": electric_guitar,
    "acoustic_guitar": acoustic_guitar,
    "piano": piano,
    "other": other,
}
"""By class of recordings, what plays a bar, shape (samples,): a little longer than the bar where notes ring on."""
