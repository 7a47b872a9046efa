"""An engine session and a bundle for tests: masks that depend on the sound and on the past, with no model at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtiass.activity import GateSettings
from rtiass.bundle import Bundle

STEMS = ("vocals", "drums", "bass", "other")


def fake_bundle(lookahead: int = 0, stems: tuple[str, ...] = STEMS) -> Bundle:
    """A bundle without a network."""
    return Bundle(
        name="fake",
        path=Path("fake"),
        stems=stems,
        rate=44100,
        channels=2,
        frame=4096,
        bins=2049,
        lookahead=lookahead,
        activity_lookahead=lookahead,
        states=(),
        gates={stem: GateSettings() for stem in stems},
        card={},
        _graph=b"",
        _weights=None,
    )


class FakeSession:
    """Softmax of a leaky memory of the magnitudes, another frequency tilt for each stem; states like a network's."""

    def __init__(self, stems: int = len(STEMS), bins: int = 2049) -> None:
        self.steps = 0
        self._tilt = np.sin(np.arange(stems)[:, None] * 1.7 + np.linspace(0, 9, bins)[None]).astype(np.float32)
        self._memory = np.zeros(bins, np.float32)
        self._masks = np.zeros((stems, bins), np.float32)
        self._activity = np.zeros(stems, np.float32)

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.steps += 1
        self._memory *= np.float32(0.8)
        self._memory += magnitude[0] + np.float32(0.5) * magnitude[1]
        level = np.tanh(self._memory)
        np.exp(self._tilt * (1 + 2 * level), out=self._masks)
        self._masks /= self._masks.sum(axis=0)
        self._activity[:] = 0.4 + 0.5 * np.tanh(20 * level.mean() * np.arange(1, len(self._activity) + 1))
        return self._masks, self._activity

    def reset(self) -> None:
        self.steps = 0
        self._memory.fill(0.0)

    def close(self) -> None:
        pass


class FixedSession(FakeSession):
    """The same masks and activity at every step; by default a quarter each and everything active."""

    def __init__(self, masks: NDArray[np.float32] | None = None, activity: float = 1.0) -> None:
        super().__init__()
        self._masks[:] = 0.25 if masks is None else masks
        self._activity[:] = activity

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.steps += 1
        return self._masks, self._activity


def music(samples: int, channels: int = 2, seed: int = 0) -> NDArray[np.float32]:
    """Something like music: decaying tones at random times over quiet noise, full scale 1, shape (samples, channels)."""
    rng = np.random.default_rng(seed)
    sound = 0.02 * rng.standard_normal((samples, channels))
    for _ in range(1 + samples // 4000):
        start, length = int(rng.integers(0, max(1, samples - 100))), int(rng.integers(2000, 20000))
        t = np.arange(min(length, samples - start)) / 44100
        tone = np.sin(2 * np.pi * rng.uniform(60, 6000) * t) * np.exp(-t * rng.uniform(3, 30))
        sound[start : start + len(t)] += 0.3 * tone[:, None] * rng.uniform(0.2, 1.0, channels)
    return np.clip(sound, -1, 1).astype(np.float32)


def delayed(sound: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """The same length, later by ``samples``."""
    return np.concatenate([np.zeros((samples, sound.shape[1]), sound.dtype), sound])[: len(sound)]


def decibels(error: NDArray[np.float32], reference: NDArray[np.float32]) -> float:
    """Peak of the error relative to the peak of the reference, in dB."""
    return float(20 * np.log10(max(1e-12, np.abs(error).max()) / np.abs(reference).max()))
