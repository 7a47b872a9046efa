"""BSS Eval of one song as museval's command line has it, and the paper's rule from frames to one figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation.bsseval import FIGURES, BssEval, as_museval

Audio = NDArray[np.float32]
Frames = dict[str, dict[str, list[float]]]
"""By source and figure (sdr, isr, sir, sar) the values of the 1 s frames in dB, NaN where undefined."""


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
            return {name: {figure: [] for figure in FIGURES} for name in self.names}
        found = np.stack([estimates[name] for name in self.names])
        scores = self.bss.score(found)
        table = {figure: as_museval(scores[figure], self.references, found) for figure in FIGURES}
        return {
            name: {figure: [float(v) for v in table[figure][index]] for figure in FIGURES}
            for index, name in enumerate(self.names)
        }


def over_frames(values: Iterable[float]) -> float:
    """Median of the frames of a song that are defined; NaN if none is."""
    known = np.array([value for value in values if not np.isnan(value)])
    return float(np.median(known)) if len(known) else float("nan")


def over_songs(songs: Iterable[Iterable[float]]) -> float:
    """The paper's figure: of each song the median over its frames, of these the median over songs.

    Songs without any defined frame are left out; NaN if there is no other.
    """
    return over_frames(over_frames(song) for song in songs)
