"""From one engine to another: no seam where both agree, and a cross-fade of masks that sum to one where they don't."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from handover_runs import PERIOD, Session, WarmUp, fading, make, play

from rtiass.live.handover import FADE, KEPT, Event


@pytest.mark.parametrize("before", [0, 1, 40])
def test_two_of_the_same_engine_are_one(before: int) -> None:
    """Bit by bit: before, within and after the cross-fade, for the new one has heard all that the old one has."""
    handover, new = make(Session()), Session()
    heard = [play(handover, range(1, 1 + before))] if before else []
    warm = WarmUp(handover, new)
    warm.offered()
    heard.append(play(handover, range(1 + before, 30 + before)))
    warm.join(10)
    assert (warm.reason, handover.name, handover.events) == ("", "new", [Event("new")])
    assert new.seen == list(range(1, 30 + before)), "every frame once, in order"
    np.testing.assert_array_equal(np.concatenate(heard), play(Session(), range(1, 30 + before)))


def test_what_comes_while_it_is_warmed_up_is_made_up() -> None:
    handover, new = make(Session(), patience=5), Session()
    play(handover, range(1, 10))
    warm = WarmUp(handover, new)
    warm.offered()
    done = len(new.seen)
    assert done == 4, "the last five are left to the thread that plays"
    play(handover, range(10, 11))
    warm.join(10)
    assert warm.reason is None or warm.reason == ""
    play(handover, range(11, 30))
    assert new.seen == list(range(1, 30))


def test_an_offer_that_comes_too_late_is_caught_up_with() -> None:
    handover, new = make(Session(), patience=2), Session()
    play(handover, range(1, 10))
    offer = WarmUp(handover, new)
    offer.offered()
    late = handover._offer
    handover._offer = None  # a thread that stands still between its last step and its offer
    play(handover, range(10, 20))
    handover._offer = late
    play(handover, range(20, 21))
    offer.offered()
    play(handover, range(21, 40))
    offer.join(10)
    assert handover.name == "new"
    assert new.seen == list(range(1, 40))


def test_masks_on_the_way_sum_to_one_and_lie_between() -> None:
    handover = make(Session())
    warm = WarmUp(handover, Session(gain=-3.0))
    warm.offered()
    heard = play(handover, range(1, 20))
    old, new = play(Session(), range(1, 20)), play(Session(gain=-3.0), range(1, 20))
    np.testing.assert_allclose(heard.sum(axis=1), 1.0, atol=1e-6)
    assert (heard >= np.minimum(old, new) - 1e-6).all() and (heard <= np.maximum(old, new) + 1e-6).all()
    steps = round(FADE / PERIOD)
    shares = [float(np.vdot(h - o, n - o) / np.vdot(n - o, n - o)) for h, o, n in zip(heard, old, new, strict=True)]
    assert all(a < b for a, b in pairwise(shares[:steps])), "it only goes forward"
    assert 0 < shares[0] < 0.2
    np.testing.assert_array_equal(heard[steps:], new[steps:])


def test_another_mode_in_the_middle_changes_the_pace_and_nothing_else() -> None:
    handover = fading(Session(), Session())
    handover.retime(PERIOD / 10)
    heard = play(handover, range(22, 30))
    assert handover.fading
    handover.retime(PERIOD)
    heard = np.concatenate([heard, play(handover, range(30, 40))])
    assert not handover.fading
    wanted = Session()
    play(wanted, range(1, 22))
    np.testing.assert_array_equal(heard, play(wanted, range(22, 40)))


def test_of_a_long_history_the_end_is_enough() -> None:
    handover, new = make(Session()), Session()
    count = 3 * KEPT
    play(handover, range(1, count))
    warm = WarmUp(handover, new)
    warm.offered()
    heard = play(handover, range(count, count + 20))
    assert 0 < count - new.seen[0] < KEPT
    wanted = Session()
    play(wanted, range(1, count))
    # What is twelve seconds ago is forgotten.
    np.testing.assert_allclose(heard, play(wanted, range(count, count + 20)), atol=1e-7)
