"""Scores of systems on test songs, each song's in a file of its own, so that an interrupted evaluation goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from offline_train.evaluation.score import auc, by_second
from offline_train.fit.files import write_text
from offline_train.labels import at_samples
from offline_train.paper.figuring import Frames, SongJudge, over_songs
from offline_train.paper.nets import REST
from offline_train.paper.pools import Material
from offline_train.paper.systems import Separated, System, Truth
from offline_train.pool import Song
from rtiass.stft import RATE

VERSION = 1
"""Of what is kept; another one is computed anew."""


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
        """Scores on the test songs, by target: on MUSDB those of all songs, on MM those of the target's mixes."""
        if material.name == "musdb":
            whole = set(targets) == set(material.targets)
            found = self._each(system, material, [(song, tuple(targets), whole) for song in material.songs()])
            return dict.fromkeys(targets, found)
        return {t: self._each(system, material, [(song, (t,), False) for song in material.songs(t)]) for t in targets}

    def _each(
        self, system: System, material: Material, songs: list[tuple[Song, tuple[str, ...], bool]]
    ) -> list[SongScore]:
        out = []
        for number, (song, targets, whole) in enumerate(songs, 1):
            path = self.folder / f"{material.name}-{system.name}" / f"{_slug(song.name)}.json"
            key = _key(system, song, targets)
            known = _read(path, key, song.name)
            if known is None or self.estimates is not None:
                self.say(f"{material.name}, {system.name}: song {number} of {len(songs)}, {song.name}")
                truth = Truth.of(song, targets, whole)
                separated = system.separate(truth)
                if self.estimates is not None:
                    _keep(separated, self.estimates / f"{material.name}-{system.name}", song.name)
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


def figure(songs: Iterable[SongScore], row: str, target: str, name: str = "sdr") -> float:
    """The paper's figure of a row: median over frames, then over songs; NaN if nothing is known of it."""
    return over_songs(song.rows[row][target][name] for song in songs if row in song.rows)


def area(songs: Iterable[SongScore], target: str) -> tuple[float, float]:
    """Area under the curve of a target's activity over the seconds of all songs, and the share that is active."""
    rows = [song.seconds[target] for song in songs if target in song.seconds]
    if not rows:
        return float("nan"), float("nan")
    active: NDArray[np.bool_] = np.concatenate([np.array(row["active"]) for row in rows]) > 0.5
    likely = np.concatenate([np.array(row["probability"]) for row in rows])
    return auc(active, likely), float(np.mean(active)) if len(active) else float("nan")


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


def _keep(separated: Separated, folder: Path, song: str) -> None:
    """Write estimates as museval's command line wants them: ROW/test/SONG/TARGET.wav, 32-bit floating point."""
    for row, found in separated.rows.items():
        home = folder / row.replace(" ", "-") / "test" / song.rpartition("/")[2]
        home.mkdir(parents=True, exist_ok=True)
        for target, audio in found.items():
            soundfile.write(home / f"{target}.wav", audio.T, RATE, subtype="FLOAT")
