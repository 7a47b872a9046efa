"""MIDI files of songs as aligned class stems."""

from __future__ import annotations

from pathlib import Path

from offline_train.render import mix, tracks
from offline_train.render.credit import Credit
from offline_train.render.cut import Cut, Sources
from offline_train.render.job import Result


def played(name: str, path: Path, credit: Credit, cut: Cut, kit: str, bass: str | None, sources: Sources) -> Result:
    """Play an excerpt of a MIDI file: drawn place, tempo, key, instruments and mix."""
    rng = cut.rng(10)
    whole = tracks.read(path)
    speed, transpose = float(rng.uniform(0.9, 1.12)), int(rng.integers(-4, 5))
    last = max(note.end for track in whole for note in track.notes)
    start = float(rng.uniform(0.0, max(last - cut.seconds * speed, 0.0)))
    excerpt = tracks.cut(whole, start, cut.seconds, speed, transpose)
    made = mix.perform(excerpt, kit, bass, mix.Player(sources, cut.seconds, rng))
    credited = {target: (audio, kind, (*keys, credit)) for target, (audio, kind, keys) in made.items()}
    yield from mix.mixdown(name, credited, cut, rng)
