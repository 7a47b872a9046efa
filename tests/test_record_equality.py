"""A take is, sample by sample, what the separator gave, every track lined up with the input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fake_engine import STEMS, music
from record_loop import make_loop, offline, read_take  # noqa: F401 - a fixture

ALL = (*STEMS, "karaoke", "mix", "vocals:post", "input")


@pytest.mark.parametrize(("fmt", "limit"), [("wav", 0.0), ("flac", 2.0**-24)])
def test_every_track_is_the_separators(make_loop: Any, fmt: str, limit: float) -> None:  # noqa: F811
    sound = music(40000)
    live = make_loop(*ALL, fmt=fmt)
    live.record(1)
    live.play(sound)
    live.record(0)
    live.play(np.zeros((512, 2), np.float32))
    card, tracks = read_take(live.takes()[0])
    wanted = offline(sound)
    wanted |= {"input": sound, "vocals_post": wanted["vocals"]}
    late = card["latency"]
    assert late == 1024 and card["start_sample"] == 0 and card["complete"]
    assert sorted(tracks) == sorted(["vocals_post", *(t for t in ALL if ":" not in t)])
    for name, values in tracks.items():
        assert len(values) == card["frames"] == 40000 - late
        # The sums of several rows at once and of one row differ in the last place.
        assert np.abs(values - wanted[name][: len(values)]).max() <= limit + 1e-6, name
        assert np.abs(values).max() > 0.02
    assert np.array_equal(tracks["input"], sound[: len(sound) - late]) or fmt == "flac"


def test_a_take_in_the_middle_begins_at_its_sample(make_loop: Any) -> None:  # noqa: F811
    sound = music(60000)
    live = make_loop("vocals", "input")
    live.play(sound[:10240])
    live.record(1)
    live.play(sound[10240:40960])
    live.record(0)
    live.play(sound[40960:])
    card, tracks = read_take(live.takes()[0])
    assert card["start_sample"] == 10240
    assert np.array_equal(tracks["input"], sound[10240 : 40960 - 1024])
    wanted = offline(sound)["vocals"][10240 : 40960 - 1024]
    assert np.abs(tracks["vocals"] - wanted).max() < 1e-6


def test_faders_move_post_and_leave_pre(make_loop: Any) -> None:  # noqa: F811
    sound = music(30000)
    live = make_loop("vocals", "vocals:post")
    live.state.fields["gains"][0, 1, :4] = 0.0
    live.state.put("control_begun", 1)
    live.state.put("control", 1)
    live.loop._follow_controls()
    live.loop._separator.mixer.snap()
    live.record(1)
    live.play(sound)
    live.record(0)
    live.play(sound[:512])
    _, tracks = read_take(live.takes()[0])
    assert not tracks["vocals_post"].any()
    assert np.abs(tracks["vocals"] - offline(sound)["vocals"][: len(tracks["vocals"])]).max() < 1e-6


def test_a_change_of_mode_keeps_the_input_beside_the_stems(make_loop: Any) -> None:  # noqa: F811
    sound = music(60000)
    live = make_loop("mix", "input")
    live.record(1)
    live.play(sound[:20480])
    live.state.put("mode", 4)
    live.state.put("control_begun", 1)
    live.state.put("control", 1)
    live.play(sound[20480:])
    live.record(0)
    live.play(sound[:512])
    card, tracks = read_take(live.takes()[0])
    assert [(c["mode"], c["latency"]) for c in card["change"]] == [("instant", 256)]
    changed = card["change"][0]["sample"]
    # All faders at unity: the mix is the delayed input, but for the cross-fade before the change.
    same = np.abs(tracks["mix"] - tracks["input"]).max(axis=1) < 1e-5
    assert same[: changed - 4096].all() and same[changed + 1024 :].all()
    assert np.abs(tracks["input"]).max() > 0.1


def test_two_takes_do_not_meet(make_loop: Any) -> None:  # noqa: F811
    sound = music(20480)
    live = make_loop("input")
    for take in (1, 2):
        live.record(take)
        live.play(sound)
    live.record(0)
    live.play(sound[:512])
    assert [read_take(folder)[0]["start_sample"] for folder in live.takes()] == [0, 20480]


def test_the_tap_allocates_nothing(make_loop: Any) -> None:  # noqa: F811
    import tracemalloc

    live = make_loop("vocals", "karaoke", "input")
    tap, separated = live.loop._tap, live.loop._separated
    sound = music(512)
    live.record(1)
    live.play(music(4096))

    def takes(begin: int) -> None:
        for i in range(begin, begin + 200):
            tap.take(sound, separated, 8192 + 512 * i, 1024, 2, 1)

    takes(0)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    takes(200)  # past the end of the ring: overflow too
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert live.ring.head[7] > 0
    assert after - before < 512 and peak - before < 2048
