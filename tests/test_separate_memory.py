"""A file job's memory does not grow with the length of the song."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from fake_engine import music

from rtiass.filejob import separate_song

SECONDS = 30


def test_memory_is_constant(pool: Any, tmp_path: Path) -> None:
    song = tmp_path / "long.wav"
    second = music(44100)
    with soundfile.SoundFile(song, "w", 44100, 2, subtype="PCM_16") as file:
        for _ in range(SECONDS):
            file.write(second)
    used: list[int] = []
    told: list[tuple[float, float | None]] = []

    def progress(done: float, total: float | None) -> None:
        used.append(tracemalloc.get_traced_memory()[0])
        told.append((done, total))

    tracemalloc.start()
    try:
        separate_song(song, tmp_path / "out", pool, progress=progress)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    quarter = len(used) // 4
    # Half a minute of one stereo stem would take 10 MB; the table of activity takes less than one.
    assert max(used[-quarter:]) - max(used[quarter : 2 * quarter]) < 1_500_000
    assert peak < 40_000_000
    assert told[-1] == (SECONDS, SECONDS)
    assert np.all(np.diff([done for done, _ in told]) > 0)
