"""Plays drum hits on a sampled kit or writes them as General MIDI notes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.render import effects
from offline_train.render.groove import HATS, Hit
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note
from offline_train.render.samples import Sample, cut, has_room, pick, place, read_index

KITS: dict[str, dict[str, tuple[str, ...]]] = {
    "muldjordkit": {
        "kick": ("KdrumL", "KdrumR"),
        "snare": ("Snare",),
        "sidestick": ("SnareRest",),
        "tom1": ("Tom1", "Tom2"),
        "tom2": ("Tom2", "Tom3"),
        "tom3": ("Tom4", "Tom3"),
        "open": ("HihatOpen",),
        "closed": ("HihatClosed",),
        "pedal": ("HihatClosed",),
        "crash1": ("CrashL", "CrashR"),
        "crash2": ("CrashR", "China"),
        "ride": ("RideR", "RideL"),
        "bell": ("RideRBell", "RideLBell"),
    },
    # This kit has no cymbals but hi-hats: open ones stand in.
    "gogodze_phu_ii": {
        "kick": ("Kick",),
        "snare": ("SnareCenter", "SnareEdge"),
        "sidestick": ("SideStick",),
        "tom1": ("TomHigh",),
        "tom2": ("TomMid",),
        "tom3": ("TomLow",),
        "open": ("HihatOpen", "HihatLoose"),
        "closed": ("HihatClosed", "HihatTight"),
        "pedal": ("HihatFoot",),
        "crash1": ("HihatOpen",),
        "crash2": ("HihatOpen",),
        "ride": ("HihatTight",),
        "bell": ("HihatHalf",),
    },
}
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
# FluidR3's kits on the percussion channel: standard, room, power, electronic, TR-808, jazz, brush.
PROGRAMS = (0, 8, 16, 24, 25, 32, 40)
_LONGEST = {"crash1": 4.0, "crash2": 4.0, "ride": 2.5, "bell": 2.5, "open": 2.0}


def as_notes(hits: list[Hit]) -> tuple[Note, ...]:
    """Hits as notes of the percussion channel."""
    return tuple(Note(h.time, h.time + 0.12, GENERAL_MIDI[h.piece], h.velocity) for h in hits)


def play(hits: list[Hit], folder: Path, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Play hits on a kit with one random choice of pieces, tuning, balance and room; gives (n, 2)."""
    out = np.zeros((round(seconds * RATE), 2), np.float32)
    pieces: dict[str, list[Sample]] = {}
    for sample in read_index(folder):
        pieces.setdefault(sample.key, []).append(sample)
    table = {piece: names[int(rng.integers(len(names)))] for piece, names in KITS[folder.name].items()}
    tune = {piece: float(rng.normal(0, 1.0)) for piece in table}
    level = {piece: 10 ** (rng.normal(0, 2.5) / 20) for piece in table}
    room_gain = 10 ** (rng.uniform(-18, 3) / 20)
    last: dict[str, Sample] = {}
    for index, hit in enumerate(hits):
        loudness = (hit.velocity / 127) ** 1.3
        sample = pick(pieces[table[hit.piece]], loudness, rng, last.get(hit.piece))
        last[hit.piece] = sample
        stop = None
        if hit.piece == "open":
            # The next hi-hat stroke closes it.
            later = (h.time for h in hits[index + 1 : index + 40] if h.piece in HATS)
            found = next(later, None)
            stop = None if found is None else round(found * RATE)
        # Kits store natural levels; strokes between two layers are scaled a little.
        trim = np.clip((loudness + 0.1) / (sample.loudness + 0.1), 0.5, 1.6) * level[hit.piece]
        longest = _LONGEST.get(hit.piece, 1.2)
        start = round(hit.time * RATE)
        place(out, cut(sample, tune[hit.piece], longest), start, float(trim), stop)
        if has_room(sample):
            room = cut(sample, tune[hit.piece], longest, room=True)
            place(out, room, start, float(trim * room_gain), stop)
    return finish(out, rng)


def finish(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Random equaliser, compression, drive and room on a drum bus; gives (n, 2)."""
    audio = effects.shelf_eq(audio, rng, 4.0)
    if rng.random() < 0.6:
        audio = effects.compress(audio, rng.uniform(1.5, 4.0), 0.02)
    if rng.random() < 0.4:
        audio = effects.saturate(audio, rng.uniform(0.5, 3.0))
    if rng.random() < 0.35:
        audio = effects.reverb(audio, rng, rng.uniform(0.3, 1.4), rng.uniform(0.05, 0.4))
    return audio
