"""An engine that fails before, in or after the hand-over costs nothing but itself: the other one goes on."""

from __future__ import annotations

import numpy as np
import pytest
from handover_runs import Held, Session, WarmUp, fading, make, play, wait_for

from rtiass.live.handover import Event

FAULTS = {"raise": "RuntimeError: broken on command", "nan": "ArithmeticError: its masks are no finite numbers"}


@pytest.mark.parametrize("fault", FAULTS)
def test_in_warming_up(fault: str) -> None:
    handover, new = make(Session()), Session()
    new.fault = fault
    play(handover, range(1, 20))
    warm = WarmUp(handover, new)
    warm.join(10)
    assert type(warm.error).__name__ == FAULTS[fault].partition(":")[0]
    np.testing.assert_array_equal(play(handover, range(20, 40)), play(Session(), range(1, 40))[19:])
    assert handover.events == []


def test_one_that_hangs_is_not_taken_any_more() -> None:
    handover, new = make(Session()), Held()
    play(handover, range(1, 20))
    warm = WarmUp(handover, new)
    warm.given_up = True
    new.allowed.release(1000)
    warm.join(10)
    assert warm.reason == "it took too long"
    play(handover, range(20, 40))
    assert (handover.name, handover.events) == ("old", [])


def test_one_that_the_sound_runs_away_from_is_not_taken() -> None:
    handover, new = make(Session(), kept=16, margin=4), Held()
    play(handover, range(1, 20))
    warm = WarmUp(handover, new)
    number = 20
    while warm.is_alive():
        play(handover, range(number, number + 20))
        number += 20
        new.allowed.release()
        wait_for(lambda: not new.allowed._value or not warm.is_alive())
    assert warm.reason == "it does not keep up with the sound"
    assert handover.events == []


@pytest.mark.parametrize("fault", FAULTS)
def test_where_frames_are_made_up(fault: str) -> None:
    handover, new = make(Session()), Session()
    play(handover, range(1, 20))
    warm = WarmUp(handover, new)
    warm.offered()
    new.fault = fault
    heard = play(handover, range(20, 40))
    warm.join(10)
    np.testing.assert_array_equal(heard, play(Session(), range(1, 40))[19:])
    assert handover.events == [Event("old", "new", FAULTS[fault])]


@pytest.mark.parametrize("fault", FAULTS)
def test_in_the_cross_fade(fault: str) -> None:
    new = Session()
    handover = fading(Session(), new)
    new.fault = fault
    heard = play(handover, range(22, 40))
    np.testing.assert_array_equal(heard, play(Session(), range(1, 40))[21:])
    assert handover.events == [Event("old", "new", FAULTS[fault])]


def test_the_old_one_in_the_cross_fade() -> None:
    old = Session()
    handover = fading(old, Session())
    old.fault = "raise"
    heard = play(handover, range(22, 40))
    np.testing.assert_array_equal(heard, play(Session(), range(1, 40))[21:])
    assert handover.events == [Event("new", "old", FAULTS["raise"])]


@pytest.mark.parametrize("fault", FAULTS)
def test_after_the_hand_over_the_spare_plays_again(fault: str) -> None:
    old, new = Session(), Session()
    handover = fading(old, new)
    play(handover, range(22, 40))
    new.fault = fault
    heard = play(handover, range(40, 80))
    assert handover.events == [Event("new"), Event("old", "new", FAULTS[fault])]
    assert handover.name == "old"
    assert old.seen == list(range(38, 80)), "it begins anew, two frames back"
    assert np.isfinite(heard).all()
    np.testing.assert_array_equal(heard, play(Session(), range(38, 80))[2:])


def test_where_the_sound_can_wait_the_spare_knows_it_all() -> None:
    old, new = Session(), Session()
    handover = make(old, patience=511)
    warm = WarmUp(handover, new)
    warm.offered()
    play(handover, range(1, 40))
    new.fault = "raise"
    heard = play(handover, range(40, 60))
    np.testing.assert_array_equal(heard, play(Session(), range(1, 60))[39:])
