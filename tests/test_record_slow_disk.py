"""A disk that stands still: the sound goes on, what could not be recorded is silence of the same length, and is told."""

from __future__ import annotations

from typing import Any

import numpy as np
from fake_engine import music
from record_loop import make_loop, read_take  # noqa: F401 - a fixture

from rtiass.live.ring import WRITTEN


def test_gaps_are_silence_and_what_follows_is_in_its_place(make_loop: Any) -> None:  # noqa: F811
    sound = music(100000)
    live = make_loop("vocals", "input", frames=1 << 14)
    live.record(1)
    live.play(sound[:20480])
    written = int(live.block.counters[WRITTEN])
    live.play(sound[20480:61440], drain=False)  # the ring holds 16384
    assert int(live.block.counters[WRITTEN]) == written + 40960
    live.play(sound[61440:])
    live.record(0)
    live.play(sound[:512])
    card, tracks = read_take(live.takes()[0])
    assert card["gaps"] == 1 and len(card["gap"]) == 1
    gap = card["gap"][0]
    assert gap["frames"] == card["gap_frames"] >= 40960 - 16384
    late = card["latency"]
    assert card["frames"] == len(sound) - late
    begin, end = gap["sample"], gap["sample"] + gap["frames"]
    assert not tracks["vocals"][begin:end].any() and not tracks["input"][begin:end].any()
    wanted = sound[: len(sound) - late]
    assert np.array_equal(tracks["input"][:begin], wanted[:begin])
    # The input is put at the stems' delay, so what was not stored is missing for as long again.
    assert np.array_equal(tracks["input"][end + late :], wanted[end + late :])
    assert np.abs(tracks["vocals"][end:]).max() > 0.02
    assert "silence" in live.said[-1]


def test_a_gap_at_the_end_is_kept_too(make_loop: Any) -> None:  # noqa: F811
    sound = music(40960)
    live = make_loop("input", frames=1 << 14)
    live.record(1)
    live.play(sound, drain=False)
    live.record(0)
    live.play(sound[:512], drain=False)
    live.writer.drain()
    card, tracks = read_take(live.takes()[0])
    assert card["frames"] == len(tracks["input"]) == 40960 - card["latency"]
    assert card["gap_frames"] == 40960 - (1 << 14)


def test_input_that_was_jumped_over_is_a_gap(make_loop: Any) -> None:  # noqa: F811
    sound = music(20480)
    live = make_loop("vocals")
    live.record(1)
    live.play(sound)
    live.loop._tap.skip(5120)
    live.play(sound)
    live.record(0)
    live.play(sound[:512])
    card, _ = read_take(live.takes()[0])
    assert [g["frames"] for g in card["gap"]] == [5120]
    assert card["frames"] == 2 * 20480 + 5120 - card["latency"]
