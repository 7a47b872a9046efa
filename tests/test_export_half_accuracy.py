"""In FP16 a network says what it says in FP32: 60 dB and more between them, over a minute of music."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from engines.onnxruntime import OnnxRuntimeEngine
from offline_train.half import half_graph
from rtiass.bundle import load_bundle
from rtiass.stft import FRAME, MODES, RATE, magnitude_scale, window_pair

FRAMES = 3000
WANTED = 60.0
"""Decibels between what FP32 gives and what FP16 changes of it, all stems together."""

EACH = 55.0
"""The same for each stem: the softest ones have the least to lose."""

SONG = Path(__file__).parent.parent / "rtiass" / "demo" / "antagata_dokosa.ogg"
LIVE = MODES["live"]


def backing(samples: int) -> NDArray[np.float64]:
    """A band of a synthesiser: chords, a bass and noises on the beat, shape (samples, 2)."""
    rng = np.random.default_rng(5)
    beat = RATE // 2
    out = np.zeros((samples + 4 * beat, 2))
    for number, at in enumerate(range(0, samples, beat)):
        root = 55.0 * 2 ** ((0, 5, 7, 3)[number // 4 % 4] / 12)
        time = np.arange(4 * beat) / RATE
        fade = np.exp(-3 * time)
        bass = sum(np.sin(2 * np.pi * root * k * time) / k for k in range(1, 6)) * fade
        chord = sum(np.sin(2 * np.pi * root * 4 * 2 ** (step / 12) * time) for step in (0, 4, 7)) * fade
        hat = rng.standard_normal(len(time)) * np.exp(-60 * time)
        kick = np.sin(2 * np.pi * 50 * time * np.exp(-8 * time)) * np.exp(-12 * time)
        for gain, sound, side in ((0.1, bass, 0.5), (0.06, chord, 0.2), (0.08, hat, 0.8), (0.4, kick, 0.5)):
            out[at : at + len(time)] += gain * sound[:, None] * (side, 1 - side)
    return out[:samples]


def spectra(count: int) -> NDArray[np.float32]:
    """Frames (count, 2, 2049): the demo song with the band, loud, then soft, and in the end a second of silence."""
    samples = FRAME + (count - 1) * LIVE.period
    song, rate = soundfile.read(SONG, dtype="float64", always_2d=True)
    assert rate == RATE
    sound = np.resize(song, (samples, 2)) + backing(samples)
    sound[samples // 2 :] *= 0.03
    sound[-RATE:] = 0.0
    analysis, _ = window_pair(LIVE.window, LIVE.hop)
    scale = magnitude_scale(analysis)
    frames = np.empty((count, 2, FRAME // 2 + 1), np.float32)
    for i in range(count):
        piece = sound[i * LIVE.period : i * LIVE.period + FRAME].T
        frames[i] = np.abs(np.fft.rfft(analysis * piece)) * scale
    return frames


@pytest.fixture(scope="module")
def magnitudes() -> NDArray[np.float32]:
    return spectra(FRAMES)


@pytest.mark.parametrize("name", ["karaoke", "six"])
def test_the_stems_are_those_of_full_precision(name: str, magnitudes: NDArray[np.float32]) -> None:
    """Level by stem of the masked spectrum against that of the difference; of activities the largest difference."""
    bundle = load_bundle(name)
    half = replace(bundle, _graph=half_graph(bundle.onnx_bytes()))
    first, second = (OnnxRuntimeEngine().open(made, threads=1) for made in (bundle, half))
    energy, error = np.zeros(len(bundle.stems)), np.zeros(len(bundle.stems))
    activity = 0.0
    for frame in magnitudes:
        (masks, active), (others, other_active) = first.step(frame), second.step(frame)
        heard = frame.max(axis=0)
        energy += np.square(masks * heard, dtype=np.float64).sum(axis=1)
        error += np.square((others - masks) * heard, dtype=np.float64).sum(axis=1)
        activity = max(activity, float(np.abs(active - other_active).max()))
    decibels = dict(zip(bundle.stems, 10 * np.log10(energy / error), strict=True))
    together = 10 * np.log10(energy.sum() / error.sum())
    print(f"{name}: {together:.1f} dB, {decibels}, activity within {activity:.4f}")
    assert together >= WANTED, decibels
    assert min(decibels.values()) >= EACH, decibels
    assert np.isfinite(others).all()
    assert (error > 0).all(), "it is the same network: nothing was halved"
    assert activity < 0.01
