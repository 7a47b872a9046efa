"""The mix: the voice and its room, the balance of the stems, and one limiter for all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, fftconvolve, sosfilt

from offline_train.demo_song import players, score
from offline_train.demo_song.sampler import RATE

LEVELS = {"vocals": -16.8, "drums": -19.8, "bass": -21.0, "other": -21.5}
"""Level of each stem where it plays, dBFS RMS."""
CEILING = 0.86
"""Peak of the mixture, full scale = 1; leaves room for what the lossy encoder adds."""


def active_rms(sound: NDArray[np.float64]) -> float:
    """RMS over the 50 ms blocks that lie within 30 dB of the loudest one, linear."""
    block = RATE // 20
    power = np.mean(sound[: len(sound) // block * block].reshape(-1, block, 2) ** 2, axis=(1, 2))
    return float(np.sqrt(power[power > 1e-3 * power.max()].mean()))


def reverb(sound: NDArray[np.float64], seconds: float, wet: float, seed: int) -> NDArray[np.float64]:
    """Adds a small room: decaying noise behind a pre-delay of 18 ms.

    Args:
        sound: (n, 2) float64.
        seconds: time in which the room falls by 60 dB.
        wet: level of the room against the dry sound, linear.
        seed: of the noise.

    Returns:
        (n, 2) float64.
    """
    n = round(seconds * RATE)
    noise = np.random.default_rng(seed).normal(size=(n, 2)) * 10 ** (-3 * np.arange(n) / n)[:, None]
    noise = sosfilt(butter(1, (250, 5000), "bandpass", fs=RATE, output="sos"), noise, axis=0)
    noise *= wet / np.sqrt(np.sum(noise**2, axis=0))
    room = np.concatenate([np.zeros((round(0.018 * RATE), 2)), noise])
    return sound + fftconvolve(sound, room, axes=0)[: len(sound)]


def voice(folder: Path, seconds: float) -> NDArray[np.float64]:
    """The singer, once for every round, in a small room.

    Args:
        folder: holds ``vocals.ogg``.
        seconds: length of the song.

    Returns:
        (n, 2) float64.
    """
    sound, rate = soundfile.read(folder / "vocals.ogg", always_2d=True)
    if rate != RATE:
        raise ValueError(f"{folder / 'vocals.ogg'} is at {rate} Hz, not {RATE}")
    take = sosfilt(butter(2, 80, "highpass", fs=RATE, output="sos"), sound.mean(axis=1))
    first = round((score.VOICE_START - 0.05) * RATE)
    take = take[first : first + round((score.VOICE_BEATS * score.BEAT + 0.4) * RATE)]
    out = np.zeros((round(seconds * RATE), 2))
    for beat in score.bars()[1]:
        start = round((beat * score.BEAT - 0.05) * RATE)
        out[start : start + len(take)] += take[:, None]
    return reverb(out, 0.9, 0.22, seed=55)


def squash(sound: NDArray[np.float64], crest: float) -> NDArray[np.float64]:
    """Rounds off peaks (hard plucked strings) beyond ``crest`` times the RMS, as an amplifier does."""
    top = crest * active_rms(sound)
    return top * np.tanh(sound / top)


def limiter(mixture: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gain (n, 1) float64 that keeps a mixture (n, 2) below the ceiling: 5 ms ahead, 60 ms back."""
    peak = np.abs(mixture).max(axis=1)
    ahead, back = RATE // 200, RATE * 6 // 100
    need = np.minimum(1.0, CEILING / np.maximum(peak, 1e-9))
    held = -maximum_filter1d(-need, ahead + back, origin=(ahead - back) // 2)
    return uniform_filter1d(held, ahead)[:, None]


def stems(data: Path) -> dict[str, NDArray[np.float64]]:
    """Plays and mixes the song.

    Args:
        data: folder with ``singing``, ``drums``, ``guitar`` and ``bass``.

    Returns:
        vocals, drums, bass and other, each (n, 2) float64; their sum is the mixture.
    """
    last, bar = score.bars()[0][-1]
    seconds = (last + bar.beats) * score.BEAT + score.TAIL
    guitars = players.guitar(data / "guitar/shinyguitar_acoustic", seconds)
    melody = players.lead(data / "guitar/emilyguitar", seconds)
    melody *= 0.7 * active_rms(guitars) / active_rms(melody)
    parts = {
        "vocals": voice(data / "singing/antagata_dokosa", seconds),
        "drums": players.drums(data / "drums/muldjordkit", seconds),
        "bass": squash(players.bass(data / "bass/growlybass", seconds), 3.0),
        "other": reverb(guitars + melody, 0.7, 0.15, seed=66),
    }
    for name, sound in parts.items():
        sound *= 10 ** (LEVELS[name] / 20) / active_rms(sound)
    ending = np.ones((len(parts["vocals"]), 1))
    n = round(1.5 * RATE)
    ending[-n:, 0] = np.cos(np.linspace(0, np.pi / 2, n)) ** 2
    gain = limiter(sum(parts.values(), np.zeros_like(ending))) * ending
    return {name: sound * gain for name, sound in parts.items()}
