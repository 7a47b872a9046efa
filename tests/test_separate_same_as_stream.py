"""A file job gives what the streaming separator gives: the same samples, latency taken out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import MakeSong
from fake_engine import FakeSession, fake_bundle

from rtiass.filejob import separate_song
from rtiass.separator import StreamingSeparator


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_file_equals_stream(pool: Any, make_song: MakeSong, tmp_path: Path, channels: int) -> None:
    song, sound = make_song(samples=30_000, channels=channels)
    separate_song(song, tmp_path / "out", pool)
    for stem in ("vocals", "drums", "bass"):
        written, _ = soundfile.read(tmp_path / "out" / "song" / f"{stem}.wav", dtype="float32", always_2d=True)
        for first in range(0, channels, 2):
            part = sound[:, first : first + 2]
            separator = StreamingSeparator(fake_bundle(), FakeSession(), channels=part.shape[1])
            start = separator.process(part)[stem].copy()
            late = np.concatenate([start, separator.flush()[stem]])
            expected = late[separator.latency_samples :]
            # Files are put on the grid of 24 bits.
            assert np.abs(written[:, first : first + 2] - expected).max() <= 2.0**-24


def test_second_song_does_not_remember_the_first(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    first, _ = make_song("first.wav", seed=1)
    second, _ = make_song("second.wav", seed=2)
    separate_song(second, tmp_path / "fresh", pool)
    separate_song(first, tmp_path / "out", pool)
    separate_song(second, tmp_path / "out", pool)
    for stem in ("vocals", "other"):
        name = f"second/{stem}.wav"
        assert (tmp_path / "fresh" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
