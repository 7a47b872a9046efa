"""The switch with two thresholds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtiass.control.hysteresis import Hysteresis


def test_between_the_thresholds_nothing_changes():
    switch = Hysteresis(0.6, 0.4)
    found = [switch.step(value, now) for now, value in enumerate([0.5, 0.6, 0.5, 0.41, 0.39, 0.59, math.nan])]
    assert found == [None, True, None, None, False, None, None]


def test_a_hold_keeps_changes_apart():
    switch = Hysteresis(0.6, 0.4, hold=1.0)
    assert switch.step(1.0, 0.0) is True
    assert switch.step(0.0, 0.5) is None
    assert switch.step(0.0, 1.0) is False


def test_time_that_goes_backwards_holds_nothing():
    switch = Hysteresis(0.6, 0.4, hold=1.0)
    switch.step(1.0, 100.0)
    assert switch.step(0.0, 0.0) is False


@pytest.mark.parametrize("bad", [{"on": 0.3, "off": 0.4}, {"on": math.nan}, {"hold": -1.0}])
def test_thresholds_out_of_order(bad):
    with pytest.raises(ValueError, match="has to be"):
        Hysteresis(**bad)


@given(st.lists(st.floats(0, 1)))
def test_changes_alternate(values):
    switch = Hysteresis(0.7, 0.3)
    changes = [c for now, value in enumerate(values) if (c := switch.step(value, now)) is not None]
    assert changes == [index % 2 == 0 for index in range(len(changes))]
