"""Percentiles are times that were measured, and of too few times they are not told."""

from __future__ import annotations

import random

import pytest

from rtiass.bench.results import Figures, figures


def test_percentiles_of_a_known_list() -> None:
    seconds = [n / 1000 for n in range(1, 1001)]
    random.Random(0).shuffle(seconds)
    assert figures(seconds) == Figures(1000, 500.0, 990.0, 999.0, 1000.0)


def test_two_stalls_in_a_thousand_are_seen_in_the_last_percentile() -> None:
    assert figures([0.001] * 998 + [0.05] * 2) == Figures(1000, 1.0, 1.0, 50.0, 50.0)


@pytest.mark.parametrize(
    ("count", "p99", "p999"), [(1, None, None), (99, None, None), (100, 1.0, None), (999, 1.0, None)]
)
def test_figures_that_stand_on_too_few_times_are_left_out(count: int, p99: float | None, p999: float | None) -> None:
    found = figures([0.001] * count)
    assert (found.count, found.p99_ms, found.p999_ms, found.max_ms) == (count, p99, p999, 1.0)


def test_what_nearly_every_time_keeps_is_the_longest_of_few() -> None:
    assert figures([0.001] * 10 + [0.004]).nearly == 4.0
    assert figures([0.001] * 990 + [0.004]).nearly == 1.0
