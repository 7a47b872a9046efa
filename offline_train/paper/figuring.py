"""BSS Eval of one song as museval's command line has it, the paper's rule from frames to a figure, what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation.bsseval import FIGURES, BssEval, as_museval
from rtiass.stft import RATE

Audio = NDArray[np.float32]
Frames = dict[str, dict[str, list[float]]]
"""By source and figure (sdr, isr, sir, sar, and pes of a target) the values of the 1 s frames in dB, NaN where
undefined."""


class SongJudge:
    """Compares systems with the sources of one song.

    Args:
        sources: By name, shape (2, samples). Where one is silent throughout, no frame of the song is defined.
    """

    def __init__(self, sources: Mapping[str, Audio]) -> None:
        self.names = list(sources)
        self.references = np.stack(list(sources.values()))
        heard = self.references.any(axis=(1, 2)).all()
        self.bss = BssEval(self.references) if heard else None

    def frames(self, estimates: Mapping[str, Audio]) -> Frames:
        """Figures of the estimates of all sources, which have the same names."""
        if self.bss is None:
            count = max(1, self.references.shape[2] // RATE)
            return {name: {figure: [float("nan")] * count for figure in FIGURES} for name in self.names}
        found = np.stack([estimates[name] for name in self.names])
        scores = self.bss.score(found)
        table = {figure: as_museval(scores[figure], self.references, found) for figure in FIGURES}
        return {
            name: {figure: [float(v) for v in table[figure][index]] for figure in FIGURES}
            for index, name in enumerate(self.names)
        }


@dataclass(frozen=True)
class Basis:
    """What a figure rests on.

    Attributes:
        songs: Those with a defined frame.
        all_songs: All that were measured.
        frames: Defined ones.
        all_frames: All of all songs.
    """

    songs: int
    all_songs: int
    frames: int
    all_frames: int

    @classmethod
    def of(cls, songs: Iterable[Iterable[float]]) -> Basis:
        """Count the values of the frames of songs that are not NaN."""
        known = [[not np.isnan(value) for value in song] for song in songs]
        return cls(sum(map(any, known)), len(known), sum(map(sum, known)), sum(map(len, known)))


def over_frames(values: Iterable[float], mean: bool = False) -> float:
    """Median (or mean) of the frames of a song that are defined; NaN if none is."""
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return float("nan")
    return float(known.mean() if mean else np.median(known))


def over_songs(songs: Iterable[Iterable[float]], mean: bool = False) -> float:
    """The paper's figure: of each song the median (or mean) over its frames, of these the median over songs.

    Songs without any defined frame are left out; NaN if there is no other.
    """
    return over_frames(over_frames(song, mean) for song in songs)
