"""A reset in any phase of a hand-over: the next step is the first, whoever plays."""

from __future__ import annotations

import numpy as np
from handover_runs import Held, Session, WarmUp, fading, make, play, wait_for

from rtiass.live.handover import Event, Handover


def check_first(handover: Handover, count: int = 12) -> None:
    np.testing.assert_array_equal(play(handover, range(101, 101 + count)), play(Session(), range(101, 101 + count)))


def test_before() -> None:
    handover = make(Session())
    play(handover, range(1, 20))
    handover.reset()
    check_first(handover)


def test_while_the_new_one_is_warmed_up() -> None:
    handover, new = make(Session()), Held()
    play(handover, range(1, 20))
    warm = WarmUp(handover, new)
    new.allowed.release(5)
    wait_for(lambda: len(new.seen) == 5)
    handover.reset()
    new.allowed.release(1000)
    check_first(handover)
    warm.offered()
    check = play(handover, range(113, 140))
    assert new.seen == list(range(101, 140)), "nothing from before the reset"
    np.testing.assert_array_equal(check, play(Session(), range(101, 140))[12:])
    assert handover.name == "new"


def test_while_an_offer_waits() -> None:
    handover, new = make(Session()), Session()
    play(handover, range(1, 20))
    warm = WarmUp(handover, new)
    warm.offered()
    handover.reset()
    check_first(handover)
    warm.offered()
    play(handover, range(113, 140))
    assert new.seen == list(range(101, 140))
    warm.join(10)
    assert handover.events == [Event("new")]


def test_in_the_cross_fade() -> None:
    old, new = Session(), Session()
    handover = fading(old, new)
    handover.reset()
    assert not handover.fading and handover.name == "new"
    steps = len(old.seen)
    check_first(handover)
    assert len(old.seen) == steps, "the old one rests"


def test_after() -> None:
    handover = fading(Session(), Session())
    play(handover, range(22, 40))
    assert handover.name == "new"
    handover.reset()
    check_first(handover)


def test_after_that_the_new_one_refuses() -> None:
    old, new = Session(), Session()
    handover = fading(old, new)
    play(handover, range(22, 40))
    new.fault = "raise"
    handover.reset()
    assert handover.events[-1] == Event("old", "new", "RuntimeError: broken on command")
    check_first(handover)
