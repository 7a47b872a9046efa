"""How far a median can be trusted: resampled songs, or the windows of a single one."""

import numpy as np
import pytest

from offline_train.evaluation.summary import bootstrap, intervals, summarise


def song(value, windows=()):
    part = {"sdr": value, "n": {"sdr": 10.0}, "windows": {"sdr": np.array(windows, float)}}
    return {"live": {"bass": part}}


def test_medians_count_their_songs_and_seconds():
    songs = {"a": song(1.0), "b": song(float("nan")), "c": song(3.0)}
    assert summarise(songs)["live"]["bass"] == {"sdr": 2.0, "n": {"sdr": {"songs": 2, "seconds": 20.0}}}


def test_the_interval_of_a_large_sample_is_that_of_theory():
    values = np.random.default_rng(1).normal(0.0, 1.0, 400)
    low, high = bootstrap(values, mean=True)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)
    low, high = bootstrap(values)
    assert low < np.median(values) < high
    # The median's standard error is that of the mean times the root of pi / 2.
    assert high - low == pytest.approx(2 * 1.96 / 20 * np.sqrt(np.pi / 2), rel=0.3)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(2).normal(0.0, 1.0, 9)
    assert bootstrap(values, 5) == bootstrap(values, 5)


def test_songs_are_resampled_where_there_are_two_or_more():
    songs = {name: song(value, [90.0, 100.0]) for name, value in (("a", 1.0), ("b", 2.0), ("c", 9.0))}
    found = intervals(songs)["live"]["bass"]["sdr"]
    assert found["over"] == "songs" and (found["low"], found["high"]) == (1.0, 9.0)


def test_windows_are_resampled_where_there_is_one_song():
    found = intervals({"a": song(2.0, [1.0, np.nan, 2.0, 3.0]), "b": song(float("nan"))})["live"]["bass"]["sdr"]
    assert found["over"] == "windows" and (found["low"], found["high"]) == (1.0, 3.0)


def test_a_single_figure_has_no_interval():
    assert intervals({"a": song(2.0)}) == {}
