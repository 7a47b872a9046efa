"""Full-band songs: a POP909 song's chords arranged by MMA, its melody sung or played."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offline_train.render import accompany, chart, lines, mix, singing
from offline_train.render.cut import Cut, Sources
from offline_train.render.job import Result
from offline_train.render.pop909 import Score
from offline_train.render.tracks import Track
from offline_train.render.voicebank import Bank


@dataclass(frozen=True)
class Band:
    """Who plays: drum kit, sampled bass (or None), singer (or None)."""

    kit: str
    bass: str | None
    singer: Bank | None


def _melody(score: Score, rng: np.random.Generator) -> Track:
    program = accompany.LEADS[int(rng.integers(len(accompany.LEADS)))]
    shift = int(rng.choice([-12, 0, 0, 12]))
    notes = tuple(replace(n, pitch=n.pitch + shift) for n in score.melody)
    return Track("Melody", "other", program, notes)


def arranged(name: str, cut: Cut, band: Band, sources: Sources) -> Result:
    """Make one aligned song, a stem for each class that plays in it."""
    rng = cut.rng(8)
    score = cut.score(sources.data)
    styles = chart.draw_grooves(sources.grooves, rng)
    tracks = chart.arrange(score, styles, int(rng.integers(1, 1 << 30)))
    if band.singer is None and score.melody and rng.random() < 0.6:
        tracks.append(_melody(score, rng))
    play = mix.Player(sources, cut.seconds, rng)
    made = mix.perform(tracks, band.kit, band.bass, play, lambda: lines.draw_hits(cut, score, sources, rng))
    made = {target: (audio, kind, (*keys, "mma", "pop909")) for target, (audio, kind, keys) in made.items()}
    if band.singer is not None:
        audio = singing.sing_solo(score, band.singer, sources, rng)
        made["vocals"] = (audio, "sampled", (band.singer.folder, "pop909"))
    yield from mix.mixdown(name, made, cut, rng)
