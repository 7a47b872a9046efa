"""Engines are timed as they will run: after a warm-up, one step a period, in turns, and their faults are told."""

from __future__ import annotations

import numpy as np
import pytest
from fake_engine import FakeSession
from numpy.typing import NDArray

from rtiass.enginetrial import AFRESH, ROUNDS, WARM_UP, try_paced

PERIOD = 0.02


class Time:
    """A clock that only sleeping and stepping move."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


class Timed(FakeSession):
    """Steps that take what they are told to."""

    def __init__(self, time: Time, *costs: float) -> None:
        super().__init__()
        self.time, self.costs = time, costs
        self.begun: list[float] = []
        self.resets = 0

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.begun.append(self.time.now)
        self.time.now += self.costs[min(len(self.begun), len(self.costs)) - 1]
        return super().step(magnitude)

    def reset(self) -> None:
        self.resets += 1
        super().reset()


def attempt(time: Time, **sessions: FakeSession) -> tuple[dict[str, float], dict[str, str]]:
    return try_paced(sessions, seconds=0.4, period=PERIOD, clock=time.clock, sleep=time.sleep)


def test_what_steps_take_is_found_and_nothing_else() -> None:
    time = Time()
    found, failed = attempt(time, quick=Timed(time, 0.001), slow=Timed(time, 0.007))
    assert found == {"quick": pytest.approx(0.001), "slow": pytest.approx(0.007)}
    assert failed == {}


def test_first_steps_do_not_count() -> None:
    time = Time()
    session = Timed(time, *[9.0] * AFRESH, *[0.01] * (WARM_UP - AFRESH), 0.001)
    found, _ = attempt(time, one=session)
    assert found["one"] == pytest.approx(0.001)


def test_steps_are_paced_like_the_sound() -> None:
    time = Time()
    session = Timed(time, 0.003)
    attempt(time, one=session)
    turns = np.array(session.begun[WARM_UP:]).reshape(ROUNDS, -1)
    assert turns.shape[1] == AFRESH + 5
    np.testing.assert_allclose(np.diff(turns, axis=1), PERIOD)


def test_one_that_is_late_is_not_hurried() -> None:
    time = Time()
    session = Timed(time, *[0.003] * (WARM_UP + 3), 0.1, 0.003)
    attempt(time, one=session)
    gaps = np.diff(session.begun[WARM_UP : WARM_UP + 7])
    np.testing.assert_allclose(gaps, [PERIOD, PERIOD, PERIOD, 0.1, PERIOD, PERIOD], atol=1e-9)


def test_one_that_is_far_too_slow_takes_no_more_time_for_it() -> None:
    time = Time()
    found, _ = attempt(time, slow=Timed(time, 0.5))
    assert found["slow"] == pytest.approx(0.5)
    assert time.now - 100 <= 0.5 * (AFRESH + 2) * (ROUNDS + 1)


def test_engines_take_turns_and_are_left_as_new() -> None:
    time = Time()
    one, two = Timed(time, 0.001), Timed(time, 0.001)
    attempt(time, one=one, two=two)
    assert one.begun[WARM_UP] < two.begun[WARM_UP] < one.begun[-1] < two.begun[-1]
    assert (one.resets, two.resets, one.steps, two.steps) == (1, 1, 0, 0)


def test_nearly_every_step_is_what_counts() -> None:
    """A slow step in ten is told, for it would be heard; the odd one in a hundred is the machine's."""
    time = Time()
    costs = [0.001] * WARM_UP + ([0.001] * 9 + [0.009]) * 10
    found, _ = attempt(time, one=Timed(time, *costs))
    assert found["one"] > 0.003


def test_a_session_that_fails_is_told_and_the_others_are_measured() -> None:
    class Broken(FakeSession):
        def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            if self.steps > WARM_UP:
                raise ZeroDivisionError("by zero")
            return super().step(magnitude)

    class Odd(FakeSession):
        def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            masks, activity = super().step(magnitude)
            return masks * np.float32(np.nan), activity

    time = Time()
    found, failed = attempt(time, broken=Broken(), odd=Odd(), fine=Timed(time, 0.001))
    assert found == {"fine": pytest.approx(0.001)}
    assert "ZeroDivisionError: by zero" in failed["broken"]
    assert "no finite numbers" in failed["odd"]
