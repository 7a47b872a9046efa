"""Scores of systems on test songs, each song's in a file of its own, so that an interrupted evaluation goes on."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation.score import auc, by_second, pes
from offline_train.fit.files import write_text
from offline_train.labels import at_samples
from offline_train.paper.estimates import Estimates
from offline_train.paper.figuring import Basis, Frames, SongJudge, over_songs
from offline_train.paper.nets import REST
from offline_train.paper.pools import Material
from offline_train.paper.systems import Separated, System, Truth
from offline_train.pool import Song

VERSION = 2
"""Of what is kept; another one is computed anew."""
PES = "pes"
"""Energy that is put out where the target is silent, in dB (offline_train/evaluation/score.py)."""


@dataclass(frozen=True)
class SongScore:
    """Figures of one system on one song.

    Attributes:
        name: Of the song.
        rows: By row the figures of all sources.
        seconds: By target, ``probability`` and ``active`` of each second: medians of the frames, a second being active
            if the median of its labels is.
    """

    name: str
    rows: dict[str, Frames]
    seconds: dict[str, dict[str, list[float]]]


class Scores:
    """Scores in a folder.

    Args:
        folder: A folder for each system is made in it.
        say: Told about progress.
        estimates: Folder for the estimates too, as museval's command line wants them; None: they are not kept.
    """

    def __init__(self, folder: Path, say: Callable[[str], None], estimates: Path | None = None) -> None:
        self.folder, self.say, self.estimates = folder, say, estimates

    def of(self, system: System, material: Material, targets: Sequence[str]) -> dict[str, list[SongScore]]:
        """Scores on the test songs, by target: on MUSDB those of all songs, on MM those of the target's mixes.

        On MUSDB the sources of a song that are not among the targets are one rest, which changes its figures: each
        choice of targets has a folder of its own.
        """
        place = f"{material.name}-{system.name}"
        if material.name == "musdb":
            whole = set(targets) == set(material.targets)
            place = place if whole else "-".join((place, *targets))
            found = self._each(system, place, [(song, tuple(targets), whole) for song in material.songs()])
            return dict.fromkeys(targets, found)
        return {t: self._each(system, place, [(song, (t,), False) for song in material.songs(t)]) for t in targets}

    def _each(self, system: System, place: str, songs: list[tuple[Song, tuple[str, ...], bool]]) -> list[SongScore]:
        estimates = Estimates(self.estimates / place) if self.estimates is not None else None
        out = []
        for number, (song, targets, whole) in enumerate(songs, 1):
            path = self.folder / place / f"{_slug(song.name)}.json"
            key = _key(system, song, targets)
            known = _read(path, key, song.name)
            missing = estimates is not None and not estimates.there(song.name, key)
            if known is None or missing:
                self.say(f"{place}: song {number} of {len(songs)}, {song.name}")
                truth = Truth.of(song, targets, whole)
                separated = system.separate(truth)
                if estimates is not None and missing:
                    estimates.keep(song.name, key, separated)
                if known is None:
                    known = score(truth, separated)
                    write_text(path, json.dumps({"key": key, "rows": known.rows, "seconds": known.seconds}))
            out.append(known)
        return out


def score(truth: Truth, separated: Separated) -> SongScore:
    """Figures of what a system made of a song."""
    judge = SongJudge(truth.sources)
    rows = {}
    for row, found in separated.rows.items():
        if REST in truth.sources and REST not in found:
            found = found | {REST: truth.mixture - np.sum(list(found.values()), axis=0)}
        rows[row] = judge.frames(found)
        for target in truth.targets:
            rows[row][target][PES] = [float(v) for v in pes(truth.sources[target], found[target])]
    seconds = {}
    for target, probability in separated.activity.items():
        assert separated.moments is not None
        active = at_samples(truth.labels[target], separated.moments).astype(np.float64)
        samples = truth.mixture.shape[1]
        seconds[target] = {
            "probability": [float(v) for v in by_second(probability, separated.moments, samples)],
            "active": [float(v >= 0.5) for v in by_second(active, separated.moments, samples)],
        }
    return SongScore(truth.name, rows, seconds)


def frames(songs: Sequence[SongScore], row: str, target: str, name: str = "sdr", also: str = "") -> list[list[float]]:
    """Values of the frames of each song.

    Args:
        songs: Of one system.
        row: Of its rows.
        target: Of the sources.
        name: Of the figure.
        also: Another row; where it is not defined, nothing is.
    """
    own = [song.rows[row][target][name] for song in songs]
    if not also:
        return own
    other = [song.rows[also][target][name] for song in songs]
    return [
        [math.nan if math.isnan(there) else here for here, there in zip(*pair, strict=True)]
        for pair in zip(own, other, strict=True)
    ]


def figure(songs: Sequence[SongScore], row: str, target: str, name: str = "sdr", also: str = "") -> float:
    """The paper's figure of a row: median over frames, then over songs; NaN if no frame defines it.

    PES is the mean over frames, and then the median over songs. For the arguments see :func:`frames`.
    """
    return over_songs(frames(songs, row, target, name, also), mean=name == PES)


def basis(songs: Sequence[SongScore], row: str, target: str, name: str = "sdr", also: str = "") -> Basis:
    """Songs and frames that a :func:`figure` rests on."""
    return Basis.of(frames(songs, row, target, name, also))


def gain(songs: Sequence[SongScore], row: str, base: str, target: str, name: str = "sdr") -> float:
    """A row's figure less that of another row, both on the frames that are defined in both."""
    return figure(songs, row, target, name, base) - figure(songs, base, target, name, row)


def area(songs: Sequence[SongScore], target: str) -> tuple[float, float]:
    """Area under the curve of a target's activity over the seconds of all songs, and the share that is active.

    Both are NaN of networks without an activity; the area too where every second is active, or none.
    """
    rows = [song.seconds[target] for song in songs if target in song.seconds]
    if not rows:
        return math.nan, math.nan
    active: NDArray[np.bool_] = np.concatenate([np.array(row["active"]) for row in rows]) > 0.5
    likely = np.concatenate([np.array(row["probability"]) for row in rows])
    return auc(active, likely), float(np.mean(active)) if len(active) else math.nan


def _slug(name: str) -> str:
    plain = "".join(c if c.isalnum() else "-" for c in name)[:60]
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _key(system: System, song: Song, targets: tuple[str, ...]) -> str:
    items = sorted(item.id for group in song.stems.values() for item in group)
    text = json.dumps([VERSION, system.digest, song.name, song.samples, items, targets])
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, key: str, name: str) -> SongScore | None:
    try:
        table = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if table.get("key") != key:
        return None
    return SongScore(name, table["rows"], table["seconds"])
