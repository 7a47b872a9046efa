"""Excerpts of songs to play, and the sources that play them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from offline_train.render import pop909
from offline_train.render.credit import Credit, joined
from offline_train.render.pool import Item


@dataclass(frozen=True)
class Sources:
    """What there is to render with.

    Attributes:
        data: Folder of the source material.
        cache: Folder of analysed voices.
        fonts: SoundFonts for instruments.
        kits: Drum kits by name: acoustic ones and others, see `kits.py`.
        piano: Folder of the sampled piano's packages, or None.
        grooves: Folder of the arranger's grooves.
        songs: MIDI files of songs, each with its credit.
        synths: Index of the rendered synthesisers, see `synths.py`, or None.
    """

    data: Path
    cache: Path
    fonts: tuple[Path, ...]
    kits: tuple[tuple[str, Path], ...] = ()
    piano: Path | None = None
    grooves: Path = Path("/usr/share/mma/lib/stdlib")
    songs: tuple[tuple[Path, Credit], ...] = ()
    synths: Path | None = None

    def font(self, rng: np.random.Generator) -> Path:
        """Draw a SoundFont."""
        return self.fonts[int(rng.integers(len(self.fonts)))]


@dataclass(frozen=True)
class Cut:
    """An excerpt of a POP909 song, drawn from a seed; every stem of it is made from the same score."""

    song: str
    seconds: float
    seed: int
    split: str
    busiest: bool = True

    def rng(self, part: int) -> np.random.Generator:
        """Random numbers for one part of the excerpt; part 0 is the score."""
        return np.random.default_rng((self.seed, part))

    def score(self, data: Path) -> pop909.Score:
        """Read and cut it."""
        rng = self.rng(0)
        whole = pop909.load(data / "midi" / "pop909" / self.song)
        speed = float(rng.uniform(0.88, 1.14))
        transpose = int(rng.integers(-5, 7))
        start = pop909.best_start(whole, self.seconds * speed)
        if not self.busiest:
            bars = whole.beats[whole.downbeats]
            bars = bars[bars < max(whole.seconds - self.seconds * speed, 0.0) + 1e-9]
            start = float(bars[int(rng.integers(len(bars)))]) if len(bars) else 0.0
        return pop909.excerpt(whole, start, self.seconds, speed, transpose)


def make_item(name: str, target: str, kind: str, cut: Cut, song: str | None, keys: tuple[str | Credit, ...]) -> Item:
    """Describe an item whose ingredients are the named credits; `song` is its aligned song, if any."""
    return Item(name, target, kind, song, 1.0, cut.split, *joined(*dict.fromkeys(keys)))
