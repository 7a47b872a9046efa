"""What a model should have put out for a song: the classes of its recordings summed to the stems of a line-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offline_train.labels import HOP_SAMPLES
from offline_train.lineup import Lineup
from offline_train.pool import Item, Song
from rtiass.stft import RATE

SOUNDING = 1e-4
"""A stem whose RMS over the excerpt does not exceed this (-80 dB of full scale) counts as absent."""

REST = "(rest)"
"""Of what belongs to no known stem; no stem can have this name."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Truth:
    """An excerpt of a song, in the stems of a line-up.

    Attributes:
        name: Of the song.
        kind: ``recorded`` or ``rendered``.
        start: Sample of the song at which the excerpt begins.
        stems: Audio of the stems that sound and whose truth is known, each of shape (2, samples), in the line-up's
            order.
        active: Activity labels of the same stems over the whole song, shape (label frames,).
        known: Stems whose truth is known; one that is not in ``stems`` should be silent.
        rest: Sum of what belongs to no known stem, shape (2, samples); None if there is nothing.
    """

    name: str
    kind: str
    start: int
    stems: dict[str, Samples]
    active: dict[str, NDArray[np.bool_]]
    known: tuple[str, ...]
    rest: Samples | None = None

    @property
    def sources(self) -> dict[str, Samples]:
        """All parts that the mixture is the sum of: the stems, and REST where there is such."""
        return self.stems if self.rest is None else {**self.stems, REST: self.rest}

    @property
    def mixture(self) -> Samples:
        """Sum of the sources, shape (2, samples)."""
        return np.sum(list(self.sources.values()), axis=0)

    @property
    def samples(self) -> int:
        """Length in samples."""
        return next(iter(self.sources.values())).shape[-1]

    def target(self, stem: str) -> Samples:
        """Audio that a known stem should have: zeros if the song lacks it."""
        return self.stems[stem] if stem in self.stems else np.zeros((2, self.samples), np.float32)

    def labels(self, stem: str) -> NDArray[np.bool_]:
        """Activity labels of a known stem: never active if the song lacks it."""
        return self.active.get(stem, np.zeros(1, dtype=np.bool_))


def may_hold(item: Item, song: Song, classes: Sequence[str]) -> set[str]:
    """Classes that a recording may contain: its own, unless its entry in the pool says otherwise.

    ``holds`` lists them. ``known`` lists the classes that are told apart in the song: an item of another class may hold
    everything else. So may an item whose class is not one of ``classes``: everything of which the song has no item.
    """
    if item.meta.get("holds") is not None:
        return set(item.meta["holds"])
    known = item.meta.get("known")
    if known is not None and item.stem not in known:
        return set(classes) - set(known)
    return {item.stem} if item.stem in classes else set(classes) - set(song.stems)


def places(song: Song, lineup: Lineup) -> tuple[list[tuple[Item, str]], tuple[str, ...]]:
    """Which stem each item of a song belongs to, and which stems are known.

    An item that may hold classes of two stems belongs to neither, and leaves the truth of both unknown.

    Args:
        song: Aligned recordings.
        lineup: Stems of the model.

    Returns:
        Items, each with its stem or REST; names of the known stems in the line-up's order.
    """
    taken = [
        (item, {lineup.place(name) for name in may_hold(item, song, lineup.classes)})
        for g in song.stems.values()
        for item in g
    ]
    unknown = set[int]().union(*(stems for _, stems in taken if len(stems) > 1))
    found = [(item, lineup.stems[min(stems)] if stems.isdisjoint(unknown) else REST) for item, stems in taken]
    return found, tuple(stem for index, stem in enumerate(lineup.stems) if index not in unknown)


def known_stems(song: Song, lineup: Lineup) -> tuple[str, ...]:
    """Stems whose truth a song tells, see :func:`places`."""
    return places(song, lineup)[1]


def busy(song: Song, start: int, count: int) -> float:
    """How many classes are active in an excerpt on average."""
    first, last = start // HOP_SAMPLES, (start + count) // HOP_SAMPLES
    parts = [song.stem_active(name)[first : max(last, first + 1)] for name in song.stems]
    return float(sum(part.mean() for part in parts if len(part)))


def busiest(song: Song, count: int) -> int:
    """Start of the excerpt of ``count`` samples, on a grid of quarters, in which most classes are active together."""
    starts = range(0, song.samples - count + 1, max(1, count // 4))
    return max(starts, key=lambda start: busy(song, start, count))


def cut_song(song: Song, lineup: Lineup, seconds: float | None = None) -> Truth:
    """The stems of a song, or of its busiest excerpt of that length; the same excerpt for every line-up.

    Args:
        song: Aligned recordings by class.
        lineup: Stems of the model.
        seconds: Length of the excerpt; None for the whole song.
    """
    count = song.samples if seconds is None else min(song.samples, int(seconds * RATE))
    start = busiest(song, count)
    parts, known = places(song, lineup)
    audio: dict[str, Samples] = {}
    active: dict[str, NDArray[np.bool_]] = {}
    for item, place in parts:
        samples = item.read(start, count)
        audio[place] = audio[place] + samples if place in audio else samples
        active[place] = _either(active[place], item.active) if place in active else item.active
    sounding = {name: a for name, a in audio.items() if np.sqrt(np.mean(np.square(a))) > SOUNDING}
    stems = [name for name in known if name in sounding]
    return Truth(
        song.name,
        song.kind,
        start,
        {name: sounding[name] for name in stems},
        {name: active[name] for name in stems},
        known,
        sounding.get(REST),
    )


def _either(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Labels that are true where either is; the shorter one is false past its end."""
    out = np.zeros(max(len(first), len(second)), dtype=np.bool_)
    out[: len(first)] |= first
    out[: len(second)] |= second
    return out
