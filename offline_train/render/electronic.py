"""Electronic songs: drum machines, synthesisers, effects and chopped voices, mixed as club music is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from offline_train.render import beats, chains, chops, effects, mix, rooms, singing, synths
from offline_train.render.beats import Hits, Piece
from offline_train.render.credit import Credit
from offline_train.render.cut import Cut, Sources
from offline_train.render.effects import Audio
from offline_train.render.job import Result
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note
from offline_train.render.samples import place
from offline_train.render.voicebank import Bank

DRUM_LEVELS = {"kick": 1.0, "snare": 0.7, "closed": 0.25, "open": 0.28, "crash": 0.35, "small": 0.3}
SWEEP_BLOCK = 1024


@dataclass(frozen=True)
class Studio:
    """What an electronic song is made with.

    Attributes:
        bank: Index of the rendered synthesisers.
        singer: A voice bank that sings, or None.
        voices: Recorded singing to be chopped, each with its credit; empty for none.
    """

    bank: Path
    singer: Bank | None
    voices: tuple[tuple[Path, str], ...]


def _draw(studio: Studio, kind: str, rng: np.random.Generator) -> str:
    names = list(synths.load(studio.bank).sounds[kind])
    return names[int(rng.integers(len(names)))]


def _drums(hits: Hits, studio: Studio, seconds: float, rng: np.random.Generator) -> tuple[Audio, Audio]:
    """The kick, and everything else of the drums, each (n, 2)."""
    kick, rest = (np.zeros((round(seconds * RATE), 2), np.float32) for _ in range(2))
    for piece, strokes in hits.items():
        kinds = [piece]
        if piece == "snare":
            kinds = [["snare"], ["clap"], ["snare", "clap"]][int(rng.integers(3))]
        for kind in kinds:
            if kind not in synths.load(studio.bank).sounds:
                continue
            shift = float(rng.uniform(-3, 3))
            sound = synths.hit(studio.bank, kind, _draw(studio, kind, rng), shift)
            length = float(rng.uniform(0.08, 0.9)) if piece in ("closed", "open", "small") else 2.0
            pan = float(rng.normal(0, 0.3)) if piece in ("closed", "open", "small", "crash") else 0.0
            level = DRUM_LEVELS[piece] * float(10 ** (rng.normal(0, 2.5) / 20))
            side = np.clip([1 - pan, 1 + pan], 0, 1).astype(np.float32)
            for time, gain in strokes:
                start = round(time * RATE)
                place(kick if piece == "kick" else rest, sound * side, start, level * gain, start + int(length * RATE))
    return kick, rest


def _synth(notes: list[Note], kind: str, studio: Studio, seconds: float, rng: np.random.Generator) -> Audio:
    """Play notes on a drawn synthesiser of a kind; gives (n, 2)."""
    out = np.zeros((round(seconds * RATE), 2), np.float32)
    name = _draw(studio, kind, rng)
    for note in notes:
        start, stop = round(note.start * RATE), round(note.end * RATE)
        sound = synths.note(studio.bank, kind, name, note.pitch)
        place(out, sound, start, note.velocity / 127, stop + int(0.05 * RATE))
    return out


def _ducked(audio: Audio, hits: Hits, depth: float, release_s: float) -> Audio:
    """Pull audio down at every kick, as a compressor with a side chain does."""
    gain = np.ones(len(audio), np.float32)
    back = 1 - depth * np.exp(-np.arange(int(4 * release_s * RATE)) / (release_s * RATE))
    for time, _ in hits.get("kick", ()):
        start = round(time * RATE)
        end = min(start + len(back), len(gain))
        if end > start:
            gain[start:end] = np.minimum(gain[start:end], back[: end - start])
    # A gain that jumps would click.
    soft = np.convolve(gain, np.ones(221, np.float32) / 221, mode="same")
    return audio * soft[:, None]


def _swept(audio: Audio, rng: np.random.Generator, period_s: float) -> Audio:
    """Send audio through a resonant low-pass filter that opens and closes."""
    lib = effects.library()
    ladder = lib.LadderFilter(mode=lib.LadderFilter.Mode.LPF24, cutoff_hz=1000, resonance=float(rng.uniform(0.05, 0.6)))
    low, high = np.log(rng.uniform(150, 900)), np.log(rng.uniform(3000, 15000))
    phase = float(rng.uniform(0, 2 * np.pi))
    out = np.empty_like(audio)
    for start in range(0, len(audio), SWEEP_BLOCK):
        turn = 2 * np.pi * start / RATE / period_s + phase
        ladder.cutoff_hz = float(np.exp(low + (high - low) * (0.5 - 0.5 * np.cos(turn))))
        block = np.ascontiguousarray(audio[start : start + SWEEP_BLOCK].T)
        out[start : start + SWEEP_BLOCK] = ladder.process(block, RATE, SWEEP_BLOCK, reset=False).T
    return out


def _riser(seconds: float, rng: np.random.Generator) -> Audio:
    """Noise whose filter opens (or closes) over its length; gives (n, 2)."""
    noise = rng.standard_normal((round(seconds * RATE), 2)).astype(np.float32) * np.float32(0.2)
    lib = effects.library()
    ladder = lib.LadderFilter(mode=lib.LadderFilter.Mode.BPF12, cutoff_hz=500, resonance=float(rng.uniform(0.1, 0.7)))
    up = rng.random() < 0.7
    out = np.empty_like(noise)
    for start in range(0, len(noise), SWEEP_BLOCK):
        share = start / len(noise)
        share = share if up else 1 - share
        ladder.cutoff_hz = float(200 * 50**share)
        block = np.ascontiguousarray(noise[start : start + SWEEP_BLOCK].T)
        out[start : start + SWEEP_BLOCK] = ladder.process(block, RATE, SWEEP_BLOCK, reset=False).T * (0.1 + share**1.5)
    return out


def _effects(piece: Piece, studio: Studio, rng: np.random.Generator) -> Audio:
    """Risers before new sections, effects at their starts, clouds of grains, drones; gives (n, 2)."""
    out = np.zeros((round(piece.seconds * RATE), 2), np.float32)
    for section in piece.sections[1:]:
        at = round(piece.time(section.first, 0) * RATE)
        if rng.random() < 0.5:
            riser = _riser(float(rng.choice([1, 2, 4])) * 16 * piece.step_s, rng)
            place(out, riser, max(at - len(riser), 0), float(rng.uniform(0.3, 1.0)))
        if rng.random() < 0.5:
            place(out, synths.hit(studio.bank, "effect", _draw(studio, "effect", rng), 0.0), at, rng.uniform(0.2, 0.7))
    if rng.random() < 0.5:
        sound = synths.hit(studio.bank, "effect", _draw(studio, "effect", rng), float(rng.uniform(-7, 7)))
        for bar in range(int(rng.integers(4)), int(piece.seconds / piece.step_s / 16), int(rng.choice([1, 2, 4]))):
            place(out, sound, round(piece.time(bar, int(rng.choice([0, 6, 8, 14]))) * RATE), rng.uniform(0.1, 0.4))
    if rng.random() < 0.5:
        kind = str(rng.choice(["effect", "pad", "pluck"]))
        name, pitch = _draw(studio, kind, rng), 60 + piece.root
        sound = synths.note(studio.bank, kind, name, pitch)
        out += chops.cloud(sound, len(out), float(rng.uniform(4, 30)), rng) * np.float32(rng.uniform(0.1, 0.5))
    return rooms.space(out, rng, 4.0, 0.6)


def _others(piece: Piece, hits: Hits, studio: Studio, rng: np.random.Generator) -> Audio:
    """Pads, stabs, arpeggios, a lead and effects, each with its own filter, echo and room; gives (n, 2)."""
    total = np.zeros((round(piece.seconds * RATE), 2), np.float32)
    kinds = {
        "pad": ("pad",),
        "stab": ("lead", "pluck", "pad"),
        "arp": ("pluck", "lead"),
        "lead": ("lead", "lead", "pluck"),
    }
    for part, options in kinds.items():
        if part == "lead":
            notes = beats.melody(piece, rng, "lead", int(rng.integers(58, 76)), 6)
        else:
            notes = {"pad": beats.pads, "stab": beats.stabs, "arp": beats.arpeggio}[part](piece, rng)
        if not notes:
            continue
        audio = _synth(notes, str(rng.choice(options)), studio, piece.seconds, rng)
        if rng.random() < 0.4:
            audio = _swept(audio, rng, float(rng.choice([1, 2, 4, 8, 16])) * 16 * piece.step_s)
        if rng.random() < 0.5:
            audio = effects.echo(audio, float(rng.choice([2, 3, 4, 6])) * piece.step_s, rng.uniform(0.1, 0.6), 0.3)
        audio = rooms.space(effects.equalise(audio, rng, 4.0), rng, 3.0, 0.5)
        if rng.random() < 0.5:
            audio = _ducked(audio, hits, float(rng.uniform(0.3, 1.0)), float(rng.uniform(0.05, 0.2)))
        pan = float(np.clip(rng.normal(0, 0.3), -1, 1))
        audio = audio * np.array([min(1, 1 - pan), min(1, 1 + pan)], np.float32)
        total += effects.normalise(audio, -20 + rng.normal(0, 3) + (2 if part == "lead" else 0))
    if rng.random() < 0.85:
        total += effects.normalise(_effects(piece, studio, rng), -22 + rng.normal(0, 3))
    return total


def _bass(piece: Piece, hits: Hits, studio: Studio, rng: np.random.Generator) -> Audio:
    audio = _synth(beats.bass_line(piece, rng), "bass", studio, piece.seconds, rng)
    if rng.random() < 0.3:
        audio = _swept(audio, rng, float(rng.choice([0.25, 0.5, 1, 4])) * 16 * piece.step_s)
    if rng.random() < 0.3:
        audio = effects.saturate(audio, rng.uniform(1, 5))
    audio = effects.equalise(audio, rng, 3.0)
    return _ducked(audio, hits, rng.uniform(0.3, 1.0), rng.uniform(0.05, 0.15)) if rng.random() < 0.6 else audio


def _voice(
    piece: Piece, hits: Hits, studio: Studio, sources: Sources, rng: np.random.Generator
) -> tuple[Audio, str, tuple[str, ...]] | None:
    """Singing or chopped recordings in the bars of the voice: audio (n, 2), kind and credits."""
    bars = piece.bars("voice")
    if not bars or not (studio.voices or studio.singer):
        return None
    if studio.voices and (studio.singer is None or rng.random() < 0.6):
        path, key = studio.voices[int(rng.integers(len(studio.voices)))]
        raw = singing.revoice(path, piece.seconds, rng)
        audio = chops.arranged(raw, piece, bars, rng) if rng.random() < 0.6 else chops.gated(raw, piece, bars)
        kind, keys = "recorded", (key,)
        audio = chains.vocal(audio, rng, 4 * piece.step_s)
    else:
        assert studio.singer is not None
        tune = beats.melody(piece, rng, "voice", int(rng.integers(50, 62)), 8)
        if not tune:
            return None
        audio = singing.sing_solo(beats.score_of(piece, tune), studio.singer, sources, rng)
        kind, keys = "sampled", (studio.singer.folder,)
    if rng.random() < 0.25:
        audio = _ducked(audio, hits, float(rng.uniform(0.2, 0.7)), float(rng.uniform(0.05, 0.15)))
    return audio, kind, keys


def produced(name: str, cut: Cut, studio: Studio, sources: Sources) -> Result:
    """Make one aligned song, a stem for each class that plays in it.

    Args:
        name: Song and beginning of its items' names.
        cut: Length, seed and split; its song is not looked at.
        studio: What it is made with.
        sources: Where voice banks lie.
    """
    rng = cut.rng(12)
    piece = beats.compose(rng, cut.seconds)
    hits = beats.drum_hits(piece, rng)
    made: dict[str, mix.Stem] = {}
    keys: tuple[str | Credit, ...] = ("lmms",)
    if hits:
        kick, rest = _drums(hits, studio, piece.seconds, rng)
        if rng.random() < 0.4:
            rest = rooms.space(rest, rng, 1.5, 0.3)
        made["drums"] = (chains.drum_bus(kick + rest, rng, False), "sampled", keys)
    if piece.bars("bass"):
        made["bass"] = (_bass(piece, hits, studio, rng), "sampled", keys)
    made["other"] = (_others(piece, hits, studio, rng), "sampled", keys)
    voice = _voice(piece, hits, studio, sources, rng)
    if voice is not None:
        made["vocals"] = voice
    yield from mix.mixdown(name, {k: v for k, v in made.items() if np.abs(v[0]).max(initial=0) > 1e-4}, cut, rng)
