"""Full-band songs: a POP909 song's chords arranged by MMA, its melody sung or played, mixed as a record is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offline_train.render import accompany, backing, chains, chart, effects, fluid, guitar, lines, rooms, singing
from offline_train.render.check import SILENT
from offline_train.render.cut import Cut, Sources, make_item
from offline_train.render.effects import Audio
from offline_train.render.groove import Hit
from offline_train.render.job import Result
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note, Score
from offline_train.render.voicebank import Bank

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
class Band:
    """Who plays: drum kit, sampled bass (or None), singer (or None)."""

    kit: str
    bass: str | None
    singer: Bank | None


def split_drums(notes: tuple[Note, ...]) -> tuple[list[Hit], tuple[Note, ...]]:
    """Strokes on a drum kit, and what is left for shakers, congas and the like."""
    hits = [Hit(n.start, PIECE_OF_NOTE[n.pitch], n.velocity) for n in notes if n.pitch in PIECE_OF_NOTE]
    return sorted(hits, key=lambda hit: hit.time), tuple(n for n in notes if n.pitch not in PIECE_OF_NOTE)


def _drums(
    notes: tuple[Note, ...], band: Band, score: Score, cut: Cut, sources: Sources, rng: np.random.Generator
) -> tuple[Audio, tuple[str, ...]]:
    hits, small = split_drums(lines.human(tuple(sorted(notes, key=lambda n: n.start)), rng, 0.005))
    keys: tuple[str, ...] = ()
    if rng.random() < 0.4 or not hits:
        # A human performance over the same beats instead of the arranger's.
        hits, keys = lines.draw_hits(cut, score, sources, rng), ("groove",)
    audio, key = lines.play_kit(hits, band.kit, sources, cut.seconds, rng)
    audio = effects.normalise(audio)
    if small:
        font = sources.font(rng)
        shaken = fluid.render([fluid.Part(small, 0, drums=True)], font, cut.seconds, reverb=False)
        if np.abs(shaken).max() > 0:
            audio = audio + effects.normalise(chains.drum_bus(shaken, rng, True), -20 - rng.uniform(6, 14))
            keys = (*keys, font.stem)
    return audio, (key, *keys)


def _guitars(
    members: list[chart.Track], target: str, sources: Sources, seconds: float, rng: np.random.Generator
) -> tuple[Audio, set[str]]:
    total, keys = np.zeros((round(seconds * RATE), 2), np.float32), set()
    sampled = {"electric_guitar": ("emilyguitar", "shinyguitar_electric"), "acoustic_guitar": ("shinyguitar_acoustic",)}
    for member in members:
        notes = lines.human(member.notes, rng)
        driven = member.program in (29, 30) or rng.random() < 0.35
        drive = float(np.exp(rng.uniform(np.log(0.7), np.log(30)))) if driven and target == "electric_guitar" else 0.0
        if rng.random() < 0.35:
            name = str(rng.choice(sampled[target]))
            audio, key = guitar.play(notes, sources.data / "guitar" / name, seconds, rng, drive), name
        else:
            font = sources.font(rng)
            dry = fluid.render([fluid.Part(notes, member.program)], font, seconds, reverb=False)
            audio, key = guitar.treated(dry.mean(axis=1), rng, drive), font.stem
        total = total + effects.normalise(audio, -20 + rng.normal(0, 2))
        keys.add(key)
    return total, keys


def _others(
    members: list[chart.Track], sources: Sources, seconds: float, rng: np.random.Generator
) -> tuple[Audio, set[str]]:
    total, keys = np.zeros((round(seconds * RATE), 2), np.float32), set()
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
    return total, keys


def _melody(score: Score, rng: np.random.Generator) -> chart.Track:
    program = accompany.LEADS[int(rng.integers(len(accompany.LEADS)))]
    shift = int(rng.choice([-12, 0, 0, 12]))
    notes = tuple(replace(n, pitch=n.pitch + shift) for n in score.melody)
    return chart.Track("Melody", "other", program, notes)


def _perform(
    band: Band, score: Score, cut: Cut, sources: Sources, rng: np.random.Generator
) -> dict[str, tuple[Audio, str, tuple[str, ...]]]:
    """Audio, kind and credits of every class that plays."""
    styles = chart.draw_grooves(sources.grooves, rng)
    groups: dict[str, list[chart.Track]] = {}
    for track in chart.arrange(score, styles, int(rng.integers(1, 1 << 30))):
        groups.setdefault(track.target, []).append(track)
    if band.singer is None and score.melody and rng.random() < 0.6:
        groups.setdefault("other", []).append(_melody(score, rng))
    made: dict[str, tuple[Audio, str, tuple[str, ...]]] = {}
    seconds = cut.seconds
    for target, members in groups.items():
        notes = tuple(sorted((n for m in members for n in m.notes), key=lambda n: n.start))
        if target == "drums":
            audio, keys = _drums(notes, band, score, cut, sources, rng)
        elif target == "bass":
            audio, key = lines.play_bass(lines.human(notes, rng), band.bass, sources, seconds, rng, members[0].program)
            keys = (key,)
        elif target == "piano":
            audio, key = lines.play_piano(lines.human(notes, rng), bool(rng.random() < 0.5), sources, seconds, rng)
            keys = (key,)
        elif target == "other":
            audio, found = _others(members, sources, seconds, rng)
            keys = tuple(sorted(found))
        else:
            audio, found = _guitars(members, target, sources, seconds, rng)
            keys = tuple(sorted(found))
        fonts = {font.stem for font in sources.fonts}
        kind = "rendered" if any(key in fonts for key in keys) else "sampled"
        made[target] = (audio, kind, (*keys, "mma", "pop909"))
    if band.singer is not None:
        audio = singing.sing_solo(score, band.singer, sources, rng)
        made["vocals"] = (audio, "sampled", (band.singer.folder, "pop909"))
    return {target: work for target, work in made.items() if np.abs(work[0]).max() > SILENT}


def arranged(name: str, cut: Cut, band: Band, sources: Sources) -> Result:
    """Make one aligned song, a stem for each class that plays in it."""
    rng = cut.rng(8)
    score = cut.score(sources.data)
    made = _perform(band, score, cut, sources, rng)
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
