"""Jump, pickup and scale: what a fader does while its parameter is somewhere else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtiass.control.midi.takeover import Takeover

MOVES = st.lists(st.integers(0, 127), min_size=1, max_size=60)


def drive(kind: str, value: float, moves: list[float]) -> list[float]:
    takeover, way = Takeover(kind), []
    for move in moves:
        new = takeover.move(move, value, moved=False)
        value = value if new is None else new
        way.append(value)
    return way


def test_jump_goes_at_once():
    assert drive("jump", 0.9, [0.1, 0.2]) == [0.1, 0.2]


def test_pickup_waits_until_the_fader_has_passed():
    assert drive("pickup", 0.5, [0.1, 0.3, 0.6, 0.7]) == [0.5, 0.5, 0.6, 0.7]


def test_pickup_begins_where_fader_and_value_are_one():
    assert drive("pickup", 0.5, [0.505, 0.8]) == [0.505, 0.8]


@pytest.mark.parametrize("kind", ["pickup", "scale"])
def test_somebody_else_moves_the_parameter(kind):
    takeover = Takeover(kind)
    takeover.move(0.5, 0.5, moved=False)
    assert takeover.move(0.6, 0.5, moved=False) == pytest.approx(0.6)
    new = takeover.move(0.62, 0.1, moved=True)
    assert new is None or new < 0.15
    assert not takeover.caught


def test_scale_moves_in_proportion_to_the_way_that_is_left():
    assert drive("scale", 0.5, [0.0, 0.5, 1.0]) == pytest.approx([0.5, 0.75, 1.0])
    assert drive("scale", 0.5, [1.0, 0.5, 0.0]) == pytest.approx([0.5, 0.25, 0.0])


@pytest.mark.parametrize("kind", ["pickup", "scale"])
@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), MOVES)
def test_the_value_never_leaps(kind, value, moves):
    way = [value, *drive(kind, value, [move / 127 for move in moves])]
    steps = [0.0, *(abs(b - a) / 127 for a, b in pairwise(moves))]
    if kind == "pickup":
        assert all(abs(b - a) <= step + 1.6 / 127 for a, b, step in zip(way[:-1], way[1:], steps, strict=True))
    assert all(0.0 <= place <= 1.0 for place in way)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), MOVES)
def test_scale_never_goes_against_the_hand(value, moves):
    way = [value, *drive("scale", value, [move / 127 for move in moves])]
    for a, b, before, after in zip(way[1:], way[2:], moves, moves[1:], strict=False):
        assert (b - a) * (after - before) >= -1e-3


@pytest.mark.parametrize("kind", ["pickup", "scale"])
@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), MOVES, st.sampled_from([0.0, 1.0]))
def test_at_the_ends_they_meet_at_the_latest(kind, value, moves, end):
    sweep = [place / 127 for place in (range(128) if end else range(127, -1, -1))]
    assert drive(kind, value, [*[move / 127 for move in moves], *sweep])[-1] == end
