"""Silence for lost packets is as long as they can have been, and is never held in memory as a whole."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_engine import music
from sound_files import encode_aac

from rtiass.audiofile import _AvReader

SAMPLES = 44100


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[_AvReader]:
    path = tmp_path / "a.m4a"
    encode_aac(path, music(SAMPLES), 44100)
    opened = _AvReader(path)
    opened._limit = None  # the edit list would cut what is too long
    with opened:
        yield opened


def length(reader: _AvReader, losses: dict[int, tuple[int, int]]) -> int:
    """Length of what is read if before some frames packets are lost and the clock jumps by so many samples."""
    frames = reader._frames

    def damaged() -> Iterator[Any]:
        jump = 0
        for i, frame in enumerate(frames):
            lost, more = losses.get(i, (0, 0))
            reader._damaged += lost
            jump += more
            frame.pts += jump
            yield frame

    reader._frames = damaged()
    return sum(len(block) for block in reader.blocks(1000))


def test_lost_packets_become_silence(reader: _AvReader) -> None:
    whole = length(reader, {5: (40, 40 * 1024)})
    assert whole == pytest.approx(SAMPLES + 40 * 1024, abs=2048)


def test_packets_lost_long_ago_do_not_count(reader: _AvReader) -> None:
    assert length(reader, {5: (40, 0), 10: (1, 300_000)}) == pytest.approx(SAMPLES, abs=2048)


def test_hours_of_silence_are_not_believed(reader: _AvReader) -> None:
    assert length(reader, {5: (1_000_000, 3600 * 44100)}) == pytest.approx(SAMPLES, abs=2048)


def test_silence_comes_in_blocks(reader: _AvReader) -> None:
    tracemalloc.start()
    whole = length(reader, {5: (1000, 50 * 44100)})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert whole == pytest.approx(SAMPLES + 50 * 44100, abs=2048)
    assert peak < 4_000_000, "50 s of stereo float32 are 17 MB"
