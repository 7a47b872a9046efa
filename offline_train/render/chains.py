"""Chains of effects as in a mix: a voice, a drum bus, a tape of everything."""

from __future__ import annotations

import numpy as np

from offline_train.render import effects, rooms
from offline_train.render.effects import Audio


def vocal(audio: Audio, rng: np.random.Generator, beat_s: float = 0.5) -> Audio:
    """Treat a voice, mono (n,) or stereo (n, 2), as a production would: from dry to drowned; gives (n, 2).

    Args:
        audio: The voice.
        rng: Random numbers.
        beat_s: Length of a beat in seconds, for echoes in time.
    """
    audio = effects.high_pass(audio, rng.uniform(60, 160))
    audio = effects.equalise(audio, rng, 5.0)
    if rng.random() < 0.8:
        audio = effects.compress(audio, rng.uniform(1.5, 6.0), rng.uniform(1, 15), rng.uniform(50, 250))
    if rng.random() < 0.25:
        # A second, faster compressor, as on most modern voices.
        audio = effects.compress(audio, rng.uniform(3, 8), rng.uniform(0.3, 3), rng.uniform(30, 100))
    if rng.random() < 0.18:
        audio = effects.saturate(audio, rng.uniform(1.0, 6.0))
    if rng.random() < 0.05:
        # Telephone.
        audio = effects.low_pass(effects.high_pass(audio, rng.uniform(250, 500)), rng.uniform(2500, 4500))
    wide = audio if audio.ndim == 2 else effects.stereo(audio, float(rng.normal(0, 0.1)))
    if rng.random() < 0.15:
        wide = 0.75 * wide + 0.35 * effects.widen(wide.mean(axis=1), rng)
    if rng.random() < 0.35:
        delay = beat_s * float(rng.choice([0.25, 0.5, 0.75, 1.0])) if rng.random() < 0.7 else rng.uniform(0.06, 0.2)
        wide = effects.echo(wide, min(delay, 1.0), rng.uniform(0.1, 0.5), rng.uniform(0.05, 0.3))
    if rng.random() < 0.75:
        wide = rooms.space(wide, rng, 3.0, 0.45)
    return np.asarray(wide, np.float32)


def drum_bus(audio: Audio, rng: np.random.Generator, acoustic: bool) -> Audio:
    """Equaliser, compression (now and then in parallel), drive and limiter on drums (n, 2)."""
    audio = effects.equalise(audio, rng, 4.0)
    if rng.random() < 0.55:
        audio = effects.compress(audio, rng.uniform(1.5, 5.0), rng.uniform(5, 40), rng.uniform(60, 250))
    if rng.random() < 0.3:
        crushed = effects.compress(audio, rng.uniform(6, 12), 1.0, rng.uniform(40, 120))
        audio = audio + np.float32(rng.uniform(0.2, 0.8)) * crushed
    if rng.random() < (0.2 if acoustic else 0.4):
        audio = effects.saturate(audio, rng.uniform(0.5, 4.0))
    if not acoustic and rng.random() < 0.3:
        audio = rooms.space(audio, rng, 1.4, 0.3)
    if rng.random() < 0.25:
        audio = effects.limit(audio, rng.uniform(0, 8))
    return audio
