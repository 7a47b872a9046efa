"""Plays the tracks of an arrangement, class by class, and mixes them as a record is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from offline_train.render import backing, chains, effects, fluid, guitar, lines, rooms
from offline_train.render.check import SILENT
from offline_train.render.credit import Credit
from offline_train.render.cut import Cut, Sources, make_item
from offline_train.render.effects import Audio
from offline_train.render.groove import Hit
from offline_train.render.job import Result
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note
from offline_train.render.tracks import Track

Stem = tuple[Audio, str, tuple[str | Credit, ...]]
"""Audio (n, 2), kind and credits of a class."""

PIECE_OF_NOTE = {
    35: "kick",
    36: "kick",
    37: "sidestick",
    38: "snare",
    40: "snare",
    41: "tom3",
    43: "tom3",
    45: "tom2",
    47: "tom2",
    48: "tom1",
    50: "tom1",
    42: "closed",
    44: "pedal",
    46: "open",
    49: "crash1",
    55: "crash1",
    52: "crash2",
    57: "crash2",
    51: "ride",
    59: "ride",
    53: "bell",
}
# Level of a class in the mix, decibels below full scale, and how much it varies.
LEVELS = {
    "vocals": (-19.0, 2.5),
    "drums": (-20.0, 2.5),
    "bass": (-21.5, 2.5),
    "piano": (-24.0, 3.0),
    "electric_guitar": (-23.0, 3.5),
    "acoustic_guitar": (-24.5, 3.0),
    "other": (-24.0, 3.5),
}


@dataclass(frozen=True)
class Player:
    """What a song is played with, for how long, and its random numbers."""

    sources: Sources
    seconds: float
    rng: np.random.Generator


def split_drums(notes: tuple[Note, ...]) -> tuple[list[Hit], tuple[Note, ...]]:
    """Strokes on a drum kit, and what is left for shakers, congas and the like."""
    hits = [Hit(n.start, PIECE_OF_NOTE[n.pitch], n.velocity) for n in notes if n.pitch in PIECE_OF_NOTE]
    return sorted(hits, key=lambda hit: hit.time), tuple(n for n in notes if n.pitch not in PIECE_OF_NOTE)


def _drums(
    notes: tuple[Note, ...], kit: str, human: Callable[[], list[Hit]] | None, play: Player
) -> tuple[Audio, tuple[str, ...]]:
    sources, seconds, rng = play.sources, play.seconds, play.rng
    hits, small = split_drums(lines.human(tuple(sorted(notes, key=lambda n: n.start)), rng, 0.005))
    keys: tuple[str, ...] = ()
    if human is not None and (rng.random() < 0.4 or not hits):
        # A human performance over the same beats instead of the arranger's.
        hits, keys = human(), ("groove",)
    audio, key = lines.play_kit(hits, kit, sources, seconds, rng)
    audio = effects.normalise(audio)
    if small:
        font = sources.font(rng)
        shaken = fluid.render([fluid.Part(small, 0, drums=True)], font, seconds, reverb=False)
        if np.abs(shaken).max() > 0:
            audio = audio + effects.normalise(chains.drum_bus(shaken, rng, True), -20 - rng.uniform(6, 14))
            keys = (*keys, font.stem)
    return audio, (key, *keys)


def _guitars(
    members: list[Track], target: str, instruments: tuple[str, ...], play: Player
) -> tuple[Audio, tuple[str, ...]]:
    sources, seconds, rng = play.sources, play.seconds, play.rng
    total, keys = np.zeros((round(seconds * RATE), 2), np.float32), set[str]()
    for member in members:
        notes = lines.human(member.notes, rng)
        driven = member.program in (29, 30) or rng.random() < 0.35
        drive = float(np.exp(rng.uniform(np.log(0.7), np.log(30)))) if driven and target == "electric_guitar" else 0.0
        if rng.random() < 0.35:
            name = str(rng.choice(instruments))
            audio, key = guitar.play(notes, sources.data / "guitar" / name, seconds, rng, drive), name
        else:
            font = sources.font(rng)
            dry = fluid.render([fluid.Part(notes, member.program)], font, seconds, reverb=False)
            audio, key = guitar.treated(dry.mean(axis=1), rng, drive), font.stem
        total = total + effects.normalise(audio, -20 + rng.normal(0, 2))
        keys.add(key)
    return total, tuple(sorted(keys))


def _others(members: list[Track], play: Player) -> tuple[Audio, tuple[str, ...]]:
    sources, seconds, rng = play.sources, play.seconds, play.rng
    total, keys = np.zeros((round(seconds * RATE), 2), np.float32), set[str]()
    for member in members:
        font = sources.font(rng)
        notes = lines.human(member.notes, rng)
        audio = fluid.render(
            [fluid.Part(notes, member.program)], font, seconds, reverb=False, chorus=bool(rng.random() < 0.3)
        )
        pan = float(np.clip(rng.normal(0, 0.4), -1, 1))
        audio = backing.coloured(audio, "other", rng) * np.array([min(1, 1 - pan), min(1, 1 + pan)], np.float32)
        total = total + effects.normalise(audio, -20 + rng.normal(0, 2.5))
        keys.add(font.stem)
    return total, tuple(sorted(keys))


def perform(
    tracks: list[Track],
    kit: str,
    bass: str | None,
    play: Player,
    human: Callable[[], list[Hit]] | None = None,
) -> dict[str, Stem]:
    """Play an arrangement; classes that stay silent are left out.

    Args:
        tracks: The arrangement.
        kit: Drum kit, as `lines.play_kit` takes it.
        bass: Sampled bass, or None for a SoundFont's.
        play: Sources, length in seconds and random numbers.
        human: Gives a human drum performance that may stand in for the arranged one.
    """
    groups: dict[str, list[Track]] = {}
    for track in tracks:
        groups.setdefault(track.target, []).append(track)
    # The two shinyguitars are one performance: never two instruments of a mix.
    electric = ("emilyguitar",) if "acoustic_guitar" in groups else ("emilyguitar", "shinyguitar_electric")
    made: dict[str, Stem] = {}
    for target, members in groups.items():
        notes = tuple(sorted((n for m in members for n in m.notes), key=lambda n: n.start))
        sources, seconds, rng = play.sources, play.seconds, play.rng
        if target == "drums":
            audio, keys = _drums(notes, kit, human, play)
        elif target == "bass":
            audio, key = lines.play_bass(lines.human(notes, rng), bass, sources, seconds, rng, members[0].program)
            keys = (key,)
        elif target == "piano":
            audio, key = lines.play_piano(lines.human(notes, rng), bool(rng.random() < 0.5), sources, seconds, rng)
            keys = (key,)
        elif target == "other":
            audio, keys = _others(members, play)
        else:
            instruments = electric if target == "electric_guitar" else ("shinyguitar_acoustic",)
            audio, keys = _guitars(members, target, instruments, play)
        fonts = {font.stem for font in sources.fonts}
        kind = "rendered" if any(key in fonts for key in keys) else "sampled"
        if np.abs(audio).max() > SILENT:
            made[target] = (audio, kind, keys)
    return made


def mixdown(name: str, made: dict[str, Stem], cut: Cut, rng: np.random.Generator) -> Result:
    """Set levels, the room and the tape that a song's stems share; gives its items, aligned under its name."""
    # One tape for all: where a lossy codec's band ends must not tell the class.
    quality = float(rng.uniform(0, 8)) if rng.random() < 0.33 else -1.0
    same_room = rng.random() < 0.25
    for target, (audio, kind, keys) in made.items():
        middle, spread = LEVELS[target]
        if same_room and target not in ("vocals", "bass"):
            audio = rooms.room(audio, np.random.default_rng((cut.seed, 9)), 0.6, 0.12)
        level = float(np.clip(rng.normal(middle, spread), -32, -16))
        audio = effects.normalise(audio, level)
        if quality >= 0:
            audio = effects.normalise(effects.codec(audio, quality), level)
        yield make_item(f"{name}_{target}", target, kind, cut, name, keys), audio
