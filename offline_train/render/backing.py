"""Accompaniments by SoundFonts, each class a stem of its own."""

from __future__ import annotations

import numpy as np

from offline_train.render import accompany, effects, fluid, rooms
from offline_train.render.classes import class_of_program
from offline_train.render.cut import Cut, Sources, make_item
from offline_train.render.effects import Audio
from offline_train.render.fluid import Part
from offline_train.render.job import Result


def by_class(parts: list[Part]) -> dict[str, list[Part]]:
    """Parts of each class, in the order of their first appearance."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(class_of_program(part.program), []).append(part)
    return found


def levelled(stems: dict[str, Audio], level_db: float = -20.0) -> dict[str, Audio]:
    """Bring the sum of stems to a level with one gain for all."""
    total = np.sum(list(stems.values()), axis=0)
    now = effects.loudness_db(total)
    if not np.isfinite(now):
        return stems
    gain = np.float32(10 ** ((level_db - now) / 20))
    peak = float(gain) * max(float(np.abs(audio).max()) for audio in stems.values())
    gain *= np.float32(min(1.0, 0.98 / max(peak, 1e-9)))
    return {name: audio * gain for name, audio in stems.items()}


def coloured(audio: Audio, target: str, rng: np.random.Generator) -> Audio:
    """Treat a rendered stem as its instrument is treated in a mix; gives (n, 2)."""
    if target == "electric_guitar" and rng.random() < 0.7:
        audio = rooms.amplifier(audio, float(np.exp(rng.uniform(np.log(0.7), np.log(30)))), rng)
    audio = effects.equalise(audio, rng, 4.0)
    if rng.random() < 0.35:
        audio = effects.compress(audio, rng.uniform(1.5, 4.0))
    if rng.random() < 0.25:
        audio = effects.echo(audio, rng.uniform(0.12, 0.5), rng.uniform(0.1, 0.5), rng.uniform(0.05, 0.3))
    if rng.random() < 0.4:
        audio = rooms.space(audio, rng, 2.2, 0.35)
    return audio


def accompanied(name: str, cut: Cut, style: str, sources: Sources, song: str | None) -> Result:
    """Render an accompaniment: `backing` (several parts), `lead` (the melody on an instrument) or `pads`.

    Items are called after the class, the one of class `other` `<name>_rest`.
    """
    rng = cut.rng(4)
    score = cut.score(sources.data)
    parts = accompany.STYLES[style](score, rng)
    font = sources.font(rng)
    wet, moving = bool(rng.random() < 0.6), bool(rng.random() < 0.5)
    stems = {}
    for target, members in by_class(parts).items():
        audio = fluid.render(members, font, cut.seconds, reverb=wet, chorus=moving)
        if np.abs(audio).max() > 0:
            stems[target] = coloured(audio, target, rng)
    for target, audio in levelled(stems).items():
        ending = "rest" if target == "other" else target
        yield make_item(f"{name}_{ending}", target, "rendered", cut, song, (font.stem, "pop909")), audio
