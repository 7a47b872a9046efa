"""Makes single stems: a sung line, drums, a bass line, an accompaniment over one excerpt of a song."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.render import accompany, bass, drums, effects, fluid, groove, guitar, pop909, voice
from offline_train.render import voicebank as banks
from offline_train.render.credit import joined
from offline_train.render.job import Result
from offline_train.render.pool import Item

SYLLABLES_S = 100.0
BASS_PROGRAMS = (32, 33, 34, 35, 36, 37, 38, 39)


@dataclass(frozen=True)
class Sources:
    """Folders: the material, analysed voices, SoundFont."""

    data: Path
    cache: Path
    soundfont: Path


@dataclass(frozen=True)
class Cut:
    """An excerpt of a POP909 song, drawn from a seed; every stem of it is made from the same score."""

    song: str
    seconds: float
    seed: int
    split: str

    def score(self, data: Path) -> pop909.Score:
        """Read and cut it."""
        rng = np.random.default_rng((self.seed, 0))
        whole = pop909.load(data / "midi" / "pop909" / self.song)
        speed = float(rng.uniform(0.88, 1.14))
        transpose = int(rng.integers(-5, 7))
        start = pop909.best_start(whole, self.seconds * speed)
        return pop909.excerpt(whole, start, self.seconds, speed, transpose)


def _item(name: str, target: str, kind: str, cut: Cut, aligned: bool, keys: tuple[str, ...]) -> Item:
    song = f"pop909_{cut.song}" if aligned else None
    return Item(name, target, kind, song, 1.0, cut.split, *joined(*keys))


def vocal_chain(audio: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Random studio treatment of a voice, mono (n,) or stereo (n, 2); gives (n, 2)."""
    audio = effects.shelf_eq(audio, rng, 4.0)
    if rng.random() < 0.75:
        audio = effects.compress(audio, rng.uniform(1.5, 4.0))
    if rng.random() < 0.12:
        audio = effects.saturate(audio, rng.uniform(1.0, 4.0))
    wide = audio if audio.ndim == 2 else effects.stereo(audio, float(rng.normal(0, 0.12)))
    if rng.random() < 0.2:
        wide = effects.echo(wide, rng.uniform(0.15, 0.45), 0.4, rng.uniform(0.1, 0.35))
    if rng.random() < 0.65:
        wide = effects.reverb(wide, rng, rng.uniform(0.6, 2.4), rng.uniform(0.05, 0.35))
    return wide


def sung(name: str, cut: Cut, bank: banks.Bank, sources: Sources, aligned: bool) -> Result:
    """Sing the melody with a voice bank."""
    rng = np.random.default_rng((cut.seed, 1))
    score = cut.score(sources.data)
    banks.prepare(bank, sources.data / "singing", sources.cache, SYLLABLES_S, 7)
    singer = banks.load(banks.cache_path(sources.cache, bank))
    style = voice.draw_style(singer, score.melody, rng)
    audio: NDArray[np.float32] = voice.sing(singer, score.melody, score.seconds, style, rng)
    if rng.random() < 0.25:
        second = voice.sing(singer, score.melody, score.seconds, style, rng)
        apart = float(rng.uniform(0.3, 0.9))
        audio = effects.stereo(audio, -apart) + effects.stereo(second, apart)
    audio = effects.normalise(vocal_chain(audio, rng))
    yield _item(name, "vocals", "sampled", cut, aligned, (bank.folder, "pop909")), audio


def drummed(name: str, cut: Cut, kit: str | None, sources: Sources, aligned: bool) -> Result:
    """Play a human performance along the song's beats, on a sampled kit or with the SoundFont (kit None)."""
    rng = np.random.default_rng((cut.seed, 2))
    score = cut.score(sources.data)
    known = groove.performances(sources.data / "midi" / "groove", cut.split == "valid")
    hits = groove.over_beats(groove.read(known[int(rng.integers(len(known)))]), score.beats, cut.seconds)
    if kit:
        audio = drums.play(hits, sources.data / "drums" / kit, cut.seconds, rng)
        keys = (kit, "groove")
    else:
        program = drums.PROGRAMS[int(rng.integers(len(drums.PROGRAMS)))]
        part = fluid.Part(drums.as_notes(hits), program, drums=True)
        audio = fluid.render([part], sources.soundfont, cut.seconds, reverb=bool(rng.random() < 0.4))
        audio = drums.finish(audio, rng)
        keys = (sources.soundfont.stem, "groove")
    kind = "sampled" if kit else "rendered"
    yield _item(name, "drums", kind, cut, aligned, keys), effects.normalise(audio)


def bassed(name: str, cut: Cut, instrument: str | None, sources: Sources, aligned: bool) -> Result:
    """Play a drawn bass line on sampled notes or with the SoundFont (instrument None)."""
    rng = np.random.default_rng((cut.seed, 3))
    score = cut.score(sources.data)
    notes = bass.line(score, rng, int(rng.integers(28, 34)))
    if instrument:
        audio = bass.play(notes, sources.data / "bass" / instrument, cut.seconds, rng)
        keys = (instrument, "pop909")
    else:
        program = BASS_PROGRAMS[int(rng.integers(len(BASS_PROGRAMS)))]
        part = fluid.Part(notes, program)
        audio = fluid.render([part], sources.soundfont, cut.seconds, reverb=False)
        audio = bass.colour(audio, rng)
        keys = (sources.soundfont.stem, "pop909")
    kind = "sampled" if instrument else "rendered"
    yield _item(name, "bass", kind, cut, aligned, keys), effects.normalise(audio)


def accompanied(name: str, cut: Cut, style: str, sources: Sources, aligned: bool) -> Result:
    """Render an accompaniment: `backing` (several parts) or `lead` (the melody on an instrument)."""
    rng = np.random.default_rng((cut.seed, 4))
    score = cut.score(sources.data)
    parts = accompany.lead(score, rng) if style == "lead" else accompany.backing(score, rng)
    wet, moving = bool(rng.random() < 0.6), bool(rng.random() < 0.5)
    audio = fluid.render(parts, sources.soundfont, cut.seconds, reverb=wet, chorus=moving)
    driven = style == "lead" and parts[0].program in accompany.DRIVEN
    if driven:
        audio = effects.amplifier(audio, rng.uniform(1, 8), rng)
    audio = effects.normalise(effects.shelf_eq(audio, rng, 3.0))
    yield _item(name, "other", "rendered", cut, aligned, (sources.soundfont.stem, "pop909")), audio


def strummed(name: str, cut: Cut, instrument: str, sources: Sources) -> Result:
    """Play the chords, or in some items the melody, on a sampled guitar, clean or through an amplifier."""
    rng = np.random.default_rng((cut.seed, 5))
    score = cut.score(sources.data)
    style = str(rng.choice(["strum", "pick", "power", "solo"], p=[0.4, 0.25, 0.2, 0.15]))
    notes = score.melody if style == "solo" else guitar.strum(score, rng, style)
    drive = 0.0
    if style in ("power", "solo"):
        drive = float(rng.uniform(4, 40))
    elif instrument != "shinyguitar_acoustic" and rng.random() < 0.5:
        drive = float(rng.uniform(0.5, 4))
    audio = guitar.play(notes, sources.data / "guitar" / instrument, cut.seconds, rng, drive)
    yield _item(name, "other", "sampled", cut, False, (instrument, "pop909")), effects.normalise(audio)
