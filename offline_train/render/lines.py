"""Makes single stems over one excerpt of a song: drums, bass, piano, guitars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from offline_train.render import backing, bass, drums, effects, fluid, groove, guitar, kits, piano
from offline_train.render.classes import ELECTRIC_GUITARS, PIANOS
from offline_train.render.cut import Cut, Sources, make_item
from offline_train.render.effects import Audio
from offline_train.render.job import Result
from offline_train.render.pop909 import Note, Score

BASS_PROGRAMS = (32, 33, 34, 35, 36, 37, 38, 39)
DRUM_FONTS = ("Black_Pearl_4_LV2", "Red_Zeppelin_4_LV2")


def human(notes: tuple[Note, ...], rng: np.random.Generator, timing_s: float = 0.006) -> tuple[Note, ...]:
    """Move notes and vary velocities a little, as hands do."""
    moved = []
    for note in notes:
        late = float(rng.normal(0, timing_s))
        velocity = int(np.clip(note.velocity + rng.normal(0, 5), 1, 127))
        moved.append(replace(note, start=max(note.start + late, 0.0), end=note.end + late, velocity=velocity))
    return tuple(moved)


def finished(audio: Audio, rng: np.random.Generator, alone: bool = True, level_db: float = -20.0) -> Audio:
    """Set the level; a third of the items that stand alone pass through a lossy codec.

    In an aligned song all stems or none do, or the edge of the band would tell the class.
    """
    audio = effects.normalise(audio, level_db)
    if alone and rng.random() < 0.33:
        audio = effects.normalise(effects.codec(audio, float(rng.uniform(0, 8))), level_db)
    return audio


def draw_hits(cut: Cut, score: Score, sources: Sources, rng: np.random.Generator) -> list[groove.Hit]:
    """A human performance over the song's beats."""
    known = groove.performances(sources.data / "midi" / "groove", cut.split == "valid")
    return groove.over_beats(groove.read(known[int(rng.integers(len(known)))]), score.beats, cut.seconds)


def play_kit(
    hits: list[groove.Hit], kit: str, sources: Sources, seconds: float, rng: np.random.Generator
) -> tuple[Audio, str]:
    """Play hits on a kit of the sources by name, or on a SoundFont's (`font:<stem>`); gives audio and credit."""
    if not kit.startswith("font:"):
        return drums.play(hits, kits.load(kit, dict(sources.kits)[kit]), seconds, rng), kit
    stem = kit.removeprefix("font:")
    path = next(path for path in (*sources.fonts, *(p for _, p in sources.kits)) if path.stem == stem)
    acoustic = stem in DRUM_FONTS or bool(rng.random() < 0.7)
    programs = drums.ACOUSTIC_PROGRAMS if acoustic else drums.ELECTRONIC_PROGRAMS
    program = None if stem in DRUM_FONTS else programs[int(rng.integers(len(programs)))]
    return drums.play_font(hits, path, program, acoustic, seconds, rng), stem


def drummed(name: str, cut: Cut, kit: str, sources: Sources, song: str | None) -> Result:
    """Play a human performance along the song's beats."""
    rng = cut.rng(2)
    score = cut.score(sources.data)
    hits = draw_hits(cut, score, sources, rng)
    audio, key = play_kit(hits, kit, sources, cut.seconds, rng)
    kind = "rendered" if kit.startswith("font:") else "sampled"
    yield make_item(name, "drums", kind, cut, song, (key, "groove")), finished(audio, rng, song is None)


def bassed(name: str, cut: Cut, instrument: str | None, sources: Sources, song: str | None) -> Result:
    """Play a drawn bass line on sampled notes or with a SoundFont (instrument None)."""
    rng = cut.rng(3)
    score = cut.score(sources.data)
    notes = bass.line(score, rng, int(rng.integers(28, 34)))
    audio, key = play_bass(notes, instrument, sources, cut.seconds, rng)
    kind = "sampled" if instrument else "rendered"
    yield make_item(name, "bass", kind, cut, song, (key, "pop909")), finished(audio, rng, song is None)


def play_bass(
    notes: tuple[Note, ...],
    instrument: str | None,
    sources: Sources,
    seconds: float,
    rng: np.random.Generator,
    program: int | None = None,
) -> tuple[Audio, str]:
    """Play a bass line; gives audio and credit."""
    if instrument:
        return bass.play(notes, sources.data / "bass" / instrument, seconds, rng), instrument
    font = sources.font(rng)
    if program is None:
        program = BASS_PROGRAMS[int(rng.integers(len(BASS_PROGRAMS)))]
    audio = fluid.render([fluid.Part(notes, program)], font, seconds, reverb=False)
    return bass.colour(audio, rng), font.stem


def pianist(score: Score, rng: np.random.Generator) -> tuple[Note, ...]:
    """Notes for a piano: the song's piano track, pedalled or not, now and then the melody on top."""
    notes = score.piano
    if rng.random() < 0.35:
        shift = int(rng.choice([0, 12]))
        notes = (*notes, *(replace(n, pitch=n.pitch + shift) for n in score.melody))
    if rng.random() < 0.5:
        notes = piano.pedalled(notes, score.chords)
    return human(tuple(sorted(notes, key=lambda n: n.start)), rng, 0.008)


def play_piano(
    notes: tuple[Note, ...], sampled: bool, sources: Sources, seconds: float, rng: np.random.Generator
) -> tuple[Audio, str]:
    """Play notes on the sampled grand piano or a SoundFont's piano; gives audio and credit."""
    if sampled and sources.piano is not None:
        return piano.treated(piano.play(notes, sources.piano, seconds, rng), rng), "salamander"
    font = sources.font(rng)
    program = int(rng.choice(PIANOS, p=[0.4, 0.15, 0.05, 0.1, 0.17, 0.13]))
    part = fluid.Part(notes, program)
    audio = fluid.render([part], font, seconds, reverb=False, chorus=program in (4, 5) and bool(rng.random() < 0.5))
    return piano.treated(audio, rng), font.stem


def pianoed(name: str, cut: Cut, sampled: bool, sources: Sources, song: str | None) -> Result:
    """Play the piano track."""
    rng = cut.rng(6)
    audio, key = play_piano(pianist(cut.score(sources.data), rng), sampled, sources, cut.seconds, rng)
    kind = "sampled" if key == "salamander" else "rendered"
    yield make_item(name, "piano", kind, cut, song, (key, "pop909")), finished(audio, rng, song is None)


def strummed(name: str, cut: Cut, instrument: str | None, target: str, sources: Sources, song: str | None) -> Result:
    """Play the chords, or in some items the melody, on a guitar, sampled or by a SoundFont (instrument None)."""
    rng = cut.rng(5)
    score = cut.score(sources.data)
    electric = target == "electric_guitar"
    styles = {"strum": 0.25, "pick": 0.2, "power": 0.3, "solo": 0.25} if electric else {"strum": 0.55, "pick": 0.45}
    style = str(rng.choice(list(styles), p=list(styles.values())))
    notes = human(score.melody, rng) if style == "solo" else guitar.strum(score, rng, style)
    drive = 0.0
    if electric:
        heavy = style in ("power", "solo") and rng.random() < 0.8
        drive = float(np.exp(rng.uniform(np.log(4), np.log(45)))) if heavy else float(rng.choice([0.0, 0.7, 2.0, 4.0]))
    if instrument:
        folder = sources.data / "guitar" / instrument
        audio, key = guitar.play(notes, folder, cut.seconds, rng, drive), instrument
    else:
        audio, key = font_guitar(notes, target, drive, sources, cut.seconds, rng)
    kind = "sampled" if instrument else "rendered"
    yield make_item(name, target, kind, cut, song, (key, "pop909")), finished(audio, rng, song is None)


def font_guitar(
    notes: tuple[Note, ...], target: str, drive: float, sources: Sources, seconds: float, rng: np.random.Generator
) -> tuple[Audio, str]:
    """Play notes on a SoundFont's guitar through an amplifier; gives audio and credit."""
    font = sources.font(rng)
    programs = (26, 27, 28, 29, 30) if drive > 0 else (26, 27, 28)
    program = int(rng.choice(programs if target == "electric_guitar" else (24, 25)))
    assert target != "electric_guitar" or program in ELECTRIC_GUITARS
    audio = fluid.render([fluid.Part(notes, program)], font, seconds, reverb=False)
    return guitar.treated(audio.mean(axis=1), rng, drive), font.stem


def led(name: str, cut: Cut, sources: Sources, song: str | None) -> Result:
    """Give the melody to an instrument, over pads or keys in half of the items."""
    yield from backing.accompanied(name, cut, "lead", sources, song)


def kit_names(paths: dict[str, Path]) -> tuple[list[str], list[str]]:
    """Acoustic and other kits among those at hand."""
    return [n for n in kits.ACOUSTIC if n in paths], [n for n in kits.ELECTRONIC if n in paths]
