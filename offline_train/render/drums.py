"""Plays drum hits on a sampled kit or writes them as General MIDI notes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.render import chains, effects, fluid, rooms
from offline_train.render.groove import HATS, Hit
from offline_train.render.kits import Kit
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note
from offline_train.render.samples import Sample, cut, has_room, pick, place

GENERAL_MIDI = {
    "kick": 36,
    "snare": 38,
    "sidestick": 37,
    "tom1": 48,
    "tom2": 45,
    "tom3": 43,
    "open": 46,
    "closed": 42,
    "pedal": 44,
    "crash1": 49,
    "crash2": 57,
    "ride": 51,
    "bell": 53,
}
# General MIDI kits on the percussion channel: standard, room, power, jazz and brush; electronic and TR-808.
ACOUSTIC_PROGRAMS = (0, 8, 16, 32, 40)
ELECTRONIC_PROGRAMS = (24, 25)
_LONGEST = {"crash1": 4.0, "crash2": 4.0, "ride": 2.5, "bell": 2.5, "open": 2.0}
# Where a listener before the kit hears the pieces, and how much of each the overheads and the room get.
_PANS = {"closed": 0.35, "open": 0.35, "pedal": 0.35, "tom1": 0.25, "tom2": -0.1, "tom3": -0.4, "ride": -0.45}
_PANS |= {"bell": -0.45, "crash1": 0.5, "crash2": -0.55}
_GROUPS = (("kick",), ("snare", "sidestick"), ("tom1", "tom2", "tom3"), HATS, ("crash1", "crash2", "ride", "bell"))


def as_notes(hits: list[Hit]) -> tuple[Note, ...]:
    """Hits as notes of the percussion channel."""
    return tuple(Note(h.time, h.time + 0.12, GENERAL_MIDI[h.piece], h.velocity) for h in hits)


def _closing(hits: list[Hit]) -> list[int | None]:
    """Sample at which each stroke on the open hi-hat is closed by the next on a hi-hat; None for all else."""
    found: list[int | None] = [None] * len(hits)
    following: float | None = None
    for index in range(len(hits) - 1, -1, -1):
        if hits[index].piece == "open" and following is not None:
            found[index] = round(following * RATE)
        if hits[index].piece in HATS:
            following = hits[index].time
    return found


def play(hits: list[Hit], kit: Kit, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Play hits on a kit with one random choice of pieces, tuning, balance, panning and room; gives (n, 2).

    A stroke's velocity chooses the layer; of those near it one that did not sound last is taken.
    """
    count = round(seconds * RATE)
    out, distant = np.zeros((count, 2), np.float32), np.zeros((count, 2), np.float32)
    choice = {piece: options[int(rng.integers(len(options)))] for piece, options in kit.pieces.items()}
    whole_kit = rng.normal(0, 1.2)
    tune = {piece: float(whole_kit + rng.normal(0, 0.8)) for piece in choice}
    # The pieces of a group hang together: one balance each.
    level = {piece: 10 ** (shared / 20) for group in _GROUPS for shared in [rng.normal(0, 3.0)] for piece in group}
    side, width = float(rng.choice([-1, 1])), float(rng.uniform(0.2, 1.1))
    bright = rng.uniform(0.8, 2.2)
    room_gain = 10 ** (rng.uniform(-18, 3) / 20)
    last: dict[str, Sample] = {}
    for hit, stop in zip(hits, _closing(hits), strict=True):
        layers = choice[hit.piece]
        loudness = (hit.velocity / 127) ** 1.3
        sample = pick(list(layers), loudness, rng, last.get(hit.piece))
        # A sample that has to follow itself differs a little in pitch and level, as strokes do.
        again = sample == last.get(hit.piece)
        last[hit.piece] = sample
        fine = round(float(rng.normal(0, 0.08)), 1) if again else 0.0
        shift = tune[hit.piece] + fine
        longest = _LONGEST.get(hit.piece, 1.2)
        start = round(hit.time * RATE)
        audio = cut(sample, shift, longest)
        if len(layers) > 2:
            # Layers carry natural levels; strokes between two of them are scaled a little.
            trim = float(np.clip((loudness + 0.1) / (sample.loudness + 0.1), 0.5, 1.6))
        else:
            trim = 0.1 + 0.9 * loudness
        trim *= level[hit.piece] * (float(rng.uniform(0.9, 1.1)) if again else 1.0)
        pan = side * width * _PANS.get(hit.piece, 0.0)
        gains = np.array([min(1.0, 1 - pan), min(1.0, 1 + pan)], np.float32)
        place(out, audio * gains, start, trim, stop)
        if has_room(sample):
            place(out, cut(sample, shift, longest, room=True), start, float(trim * room_gain), stop)
        place(distant, audio * gains, start, trim * (0.4 if hit.piece == "kick" else 1.0) * bright / 1.5, stop)
    if kit.acoustic or rng.random() < 0.3:
        out = _recorded(out, distant, rng)
    return chains.drum_bus(out, rng, kit.acoustic)


def _recorded(close: NDArray[np.float32], distant: NDArray[np.float32], rng: np.random.Generator) -> effects.Audio:
    """Mix close microphones with overheads and a room, which hear all pieces."""
    seconds = float(np.exp(rng.uniform(np.log(0.12), np.log(1.0))))
    apart = int(rng.uniform(0.001, 0.008) * RATE)
    heard = np.zeros_like(distant)
    heard[apart:] = distant[: len(distant) - apart]
    wet = rooms.room(effects.high_pass(heard, rng.uniform(40, 250)), rng, seconds, float(rng.uniform(0.5, 2.0)))
    if rng.random() < 0.5:
        wet = effects.compress(wet, rng.uniform(3, 10), rng.uniform(1, 10), rng.uniform(60, 200))
    amount = 10 ** (rng.uniform(-20, 2) / 20)
    near = 0.0 if rng.random() < 0.08 else 1.0
    if near == 0.0:
        amount = 1.0
    return np.asarray(np.float32(near) * close + np.float32(amount) * wet, np.float32)


def play_font(
    hits: list[Hit], font: Path, program: int | None, acoustic: bool, seconds: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Play hits with a SoundFont's kit, its groups balanced at random; gives (n, 2).

    `program` None is for a SoundFont that is a drum kit and nothing else: it answers on melodic channels.
    """
    close, distant = np.zeros((round(seconds * RATE), 2), np.float32), np.zeros((round(seconds * RATE), 2), np.float32)
    for group in _GROUPS:
        notes = as_notes([hit for hit in hits if hit.piece in group])
        gain = np.float32(10 ** (rng.normal(0, 2.5) / 20))
        if notes:
            audio = fluid.render(
                [fluid.Part(notes, program or 0, drums=program is not None)], font, seconds, reverb=False
            )
            close += gain * audio
            distant += gain * audio * np.float32(0.4 if group == ("kick",) else 1.0)
    if acoustic:
        close = _recorded(close, distant, rng)
    return chains.drum_bus(close, rng, acoustic)
