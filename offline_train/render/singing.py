"""Voices: sung lines, doublings, harmonies, choirs, spoken rhythm, and recorded singing voiced anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from offline_train.render import chains, check, effects, voice
from offline_train.render import voicebank as banks
from offline_train.render.credit import joined
from offline_train.render.cut import Cut, Sources, make_item
from offline_train.render.effects import Audio
from offline_train.render.job import Result
from offline_train.render.lines import finished
from offline_train.render.pool import RATE, Item
from offline_train.render.pop909 import Chord, Note, Score

SYLLABLES_S = 100.0


def load_voice(bank: banks.Bank, sources: Sources) -> banks.Voice:
    """A bank's analysis, made once for all."""
    banks.prepare(bank, sources.data / "singing", sources.cache, SYLLABLES_S, 7)
    return banks.load(banks.cache_path(sources.cache, bank))


def harmony(notes: tuple[Note, ...], chords: tuple[Chord, ...], steps: int) -> tuple[Note, ...]:
    """A second voice on chord tones: the `steps`th tone above each note, or below it for negative `steps`."""
    found = []
    for note in notes:
        chord = next((c for c in chords if c.start - 0.05 <= note.start < c.end), None)
        tones = {(chord.root + step) % 12 for step in chord.shape} if chord else {(note.pitch + 4) % 12}
        way = 1 if steps > 0 else -1
        pitch, left = note.pitch, abs(steps)
        while left:
            pitch += way
            # A second is no harmony.
            if pitch % 12 in tones and abs(pitch - note.pitch) > 2:
                left -= 1
        found.append(replace(note, pitch=pitch))
    return tuple(found)


def spoken(score: Score, rng: np.random.Generator) -> tuple[Note, ...]:
    """Syllables in the rhythm of rap: eighths and sixteenths of a beat, pitch wandering around one height."""
    found: list[Note] = []
    middle = float(rng.uniform(48, 62))
    pitch = middle
    for index in range(len(score.beats) - 1):
        begin, length = score.beats[index], score.beats[index + 1] - score.beats[index]
        if index % 16 == 0:
            rests = rng.random() < 0.12
        if rests or (index % 4 == 3 and rng.random() < 0.3):
            continue
        parts = 4 if length > 0.42 and rng.random() < 0.6 else 2
        for part in range(parts):
            if rng.random() < 0.15:
                continue
            pitch = middle + 0.6 * (pitch - middle) + float(rng.normal(0, 1.6))
            start = begin + part * length / parts + float(rng.normal(0, 0.012))
            end = min(start + 0.9 * length / parts, score.seconds)
            if end > max(start, 0) + 0.05:
                found.append(Note(max(start, 0.0), end, round(pitch), int(rng.integers(80, 120))))
    return tuple(found)


def beat_of(score: Score) -> float:
    """Length of a beat in seconds."""
    return float(np.median(np.diff(score.beats))) if len(score.beats) > 2 else 0.5


def sing_solo(score: Score, bank: banks.Bank, sources: Sources, rng: np.random.Generator) -> Audio:
    """Sing the melody, now and then doubled, with harmonies, or spoken in rhythm; gives (n, 2)."""
    singer = load_voice(bank, sources)
    notes = spoken(score, rng) if rng.random() < 0.12 else score.melody
    style = voice.draw_style(singer, notes, rng)
    if notes is not score.melody:
        style = replace(style, vibrato_cents=0.0, glide_s=0.09, octave=style.octave)
    audio = chains.vocal(voice.sing(singer, notes, score.seconds, style, rng), rng, beat_of(score))
    layers: list[tuple[tuple[Note, ...], float]] = []
    if rng.random() < 0.25:
        layers += [(notes, -1.0), (notes, 1.0)][: int(rng.integers(1, 3))]
    if rng.random() < 0.2:
        layers.append((harmony(notes, score.chords, int(rng.choice([-1, 1, 1, 2]))), float(rng.choice([-1, 1]))))
    for line, side in layers:
        own = replace(
            style, glide_s=style.glide_s * rng.uniform(0.8, 1.3), formant=style.formant * rng.uniform(0.97, 1.03)
        )
        take = effects.equalise(voice.sing(singer, line, score.seconds, own, rng), rng, 3.0)
        take = effects.compress(take, 4.0)
        gain = 10 ** ((effects.loudness_db(audio) - effects.loudness_db(take) - rng.uniform(5, 12)) / 20)
        audio = audio + np.float32(gain) * effects.stereo(take, side * float(rng.uniform(0.3, 1.0)))
    return audio


def sing_choir(score: Score, sources: Sources, train: bool, rng: np.random.Generator) -> Audio:
    """Sing held chords or the melody in harmony with three to six voices; gives (n, 2)."""
    known = banks.TRAIN_BANKS if train else banks.VALID_BANKS
    held = rng.random() < 0.5
    out = np.zeros((round(score.seconds * RATE), 2), np.float32)
    for part in range(int(rng.integers(3, 7))):
        singer = load_voice(known[int(rng.integers(len(known)))], sources)
        if held:
            shape = [c.shape[part % len(c.shape)] for c in score.chords]
            notes = tuple(
                Note(c.start, c.end, 54 + (c.root + step - 54) % 12, 95)
                for c, step in zip(score.chords, shape, strict=True)
                if c.end - c.start > 0.2
            )
        else:
            steps = (0, 1, -1, 2, 0, 0)[part]
            notes = harmony(score.melody, score.chords, steps) if steps else score.melody
        style = voice.draw_style(singer, notes, rng)
        late = float(rng.normal(0, 0.02))
        moved = tuple(
            replace(n, start=max(n.start + late, 0.0)) for n in notes if n.end > max(n.start + late, 0.0) + 0.06
        )
        take = voice.sing(singer, moved, score.seconds, replace(style, rasp=0.0), rng)
        gain = 10 ** ((-20 - max(effects.loudness_db(take), -80)) / 20) * rng.uniform(0.6, 1.0)
        out += np.float32(gain) * effects.stereo(take, float(rng.uniform(-0.9, 0.9)))
    return chains.vocal(out, rng, beat_of(score))


def sung(name: str, cut: Cut, bank: banks.Bank, sources: Sources, song: str | None) -> Result:
    """Sing the melody with a voice bank."""
    rng = cut.rng(1)
    audio = sing_solo(cut.score(sources.data), bank, sources, rng)
    yield make_item(name, "vocals", "sampled", cut, song, (bank.folder, "pop909")), finished(audio, rng, song is None)


def choir(name: str, cut: Cut, sources: Sources, song: str | None) -> Result:
    """Sing with several voices."""
    rng = cut.rng(7)
    audio = sing_choir(cut.score(sources.data), sources, cut.split == "train", rng)
    known = banks.TRAIN_BANKS if cut.split == "train" else banks.VALID_BANKS
    keys = tuple(bank.folder for bank in known)
    yield make_item(name, "vocals", "sampled", cut, song, (*keys, "pop909")), finished(audio, rng, song is None)


def revoiced(name: str, path: Path, key: str, seconds: float, seed: int) -> Result:
    """Change tempo, pitch and formants of recorded singing apart from each other, and treat it anew.

    Args:
        name: Item.
        path: The recorded voice.
        key: Its credit.
        seconds: Length of the excerpt, as heard.
        seed: Decides the excerpt and the changes.
    """
    rng = np.random.default_rng((seed, 8))
    piece, speed = _revoiced(path, seconds, rng)
    piece = chains.vocal(piece, rng, 0.5) if rng.random() < 0.85 else piece
    item = Item(name, "vocals", "recorded", None, speed, "train", *joined(key))
    yield item, finished(piece, rng)


def revoice(path: Path, seconds: float, rng: np.random.Generator) -> Audio:
    """Change tempo, pitch and formants of an excerpt of recorded singing; gives (n, 2), `seconds` long at most."""
    return _revoiced(path, seconds, rng)[0]


def _revoiced(path: Path, seconds: float, rng: np.random.Generator) -> tuple[Audio, float]:
    audio = check.read(path)
    varispeed = float(np.exp(rng.uniform(np.log(0.86), np.log(1.18)))) if rng.random() < 0.6 else 1.0
    tempo = float(np.exp(rng.uniform(np.log(0.85), np.log(1.18))))
    semitones = float(rng.uniform(-4, 4)) if rng.random() < 0.8 else 0.0
    need = min(int(seconds * RATE * varispeed * tempo) + RATE, len(audio))
    start = _busiest(audio, need, rng)
    piece = audio[start : start + need]
    if varispeed != 1.0:
        from offline_train.render.multitrack import change_speed

        piece = change_speed(piece, varispeed)
    stretched = effects.library().time_stretch(
        np.ascontiguousarray(piece.T), RATE, tempo, semitones, preserve_formants=bool(rng.random() < 0.6)
    )
    piece = np.ascontiguousarray(stretched.T, np.float32)[: int(seconds * RATE)]
    return piece, round(varispeed * tempo, 3)


def _busiest(audio: Audio, count: int, rng: np.random.Generator) -> int:
    """Start of an excerpt drawn from those that sound more than the usual one."""
    places = max(len(audio) - count, 0)
    if not places:
        return 0
    step = RATE // 2
    power = np.add.reduceat(np.square(audio).mean(axis=1), np.arange(0, len(audio), step))
    on = np.concatenate([[0], np.cumsum(power > 1e-3 * power.max())])
    starts = np.arange(0, places, step)
    width = count // step
    share = on[np.minimum(starts // step + width, len(on) - 1)] - on[starts // step]
    good = starts[share >= np.quantile(share, 0.6)]
    return int(good[int(rng.integers(len(good)))])
