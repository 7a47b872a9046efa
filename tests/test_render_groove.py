"""Performances follow the beats of a song."""

import numpy as np

from offline_train.render.groove import Hit, over_beats


def test_hits_follow_uneven_beats() -> None:
    hits = tuple(Hit(float(beat), "kick", 100) for beat in range(8))
    beats = np.cumsum([0.0, 0.5, 0.52, 0.48, 0.55, 0.5, 0.5, 0.45, 0.5, 0.5, 0.5, 0.5])
    times = np.array([hit.time for hit in over_beats(hits, beats, 5.0)])
    assert np.all(np.min(np.abs(times[:, None] - beats[None]), axis=1) < 1e-9)
    assert len(times) >= 10


def test_slow_beats_are_halved() -> None:
    hits = tuple(Hit(float(beat), "snare", 100) for beat in range(4))
    times = [hit.time for hit in over_beats(hits, np.arange(0, 10, 1.0), 10.0)]
    assert np.allclose(np.diff(times), 0.5)


def test_nothing_to_play() -> None:
    assert over_beats((), np.arange(10.0), 10.0) == []
