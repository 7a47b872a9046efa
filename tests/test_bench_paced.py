"""Work is begun when it is due, and a frame and a hop are told apart: with a clock that only sleeping and working move."""

from __future__ import annotations

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle
from numpy.typing import NDArray

from rtiass.bench.compute import WARM_UP, measure, row
from rtiass.pace import paced
from rtiass.stft import MODES, RATE


class Time:
    def __init__(self) -> None:
        self.now = 5.0
        self.slept = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds
        self.slept += seconds


class Costly(FakeSession):
    """A first step of 9 ms, then steps of 1 ms, and one of 4 ms in every ten."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self.time, self.count, self.closed = time, 0, False
        time.now += 0.25  # it takes its time to open

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.time.now += 0.009 if self.count == 0 else 0.004 if self.count % 10 == 0 else 0.001
        self.count += 1
        return super().step(magnitude)

    def close(self) -> None:
        self.closed = True


def test_pieces_begin_a_period_apart_and_the_late_ones_are_told() -> None:
    time = Time()
    costs = iter([0.001, 0.001, 0.025, 0.001, 0.001])
    begun: list[float] = []

    def work() -> None:
        begun.append(time.now - 5.0)
        time.now += next(costs)

    found = paced(work, 0.01, 5, clock=time.clock, sleep=time.sleep)
    assert begun == pytest.approx([0.0, 0.01, 0.02, 0.045, 0.055])
    assert found.times == pytest.approx([0.001, 0.001, 0.025, 0.001, 0.001])
    assert found.late == pytest.approx([0.0] * 5)


def test_a_clock_that_wakes_late_is_told() -> None:
    time = Time()

    def oversleep(seconds: float) -> None:
        time.sleep(seconds + 0.0005)

    found = paced(lambda: time.sleep(0.001), 0.01, 3, clock=time.clock, sleep=oversleep)
    assert found.late == pytest.approx([0.0, 0.0005, 0.0005])


@pytest.mark.parametrize("name", ["live", "instant"])
def test_frames_hops_and_the_cold_ones_are_told_apart(name: str) -> None:
    time, mode = Time(), MODES[name]
    sessions: list[Costly] = []

    def open_session() -> Costly:
        sessions.append(Costly(time))
        return sessions[0]

    period = mode.hop / RATE
    times = measure(fake_bundle(), open_session, mode, 100 * period, clock=time.clock, sleep=time.sleep)
    assert times.open == pytest.approx(0.25)
    assert (times.cold_frame, times.cold_both) == pytest.approx((0.009, 0.009))
    assert len(times.frames) == len(times.both) == len(times.wakes) == 100
    assert sessions[0].count == 1 + WARM_UP + 100
    assert sessions[0].closed
    expected = [0.004 if n % 10 == 0 else 0.001 for n in range(1 + WARM_UP, 1 + WARM_UP + 100)]
    assert times.frames == pytest.approx(expected)
    # The transforms do not move this clock.
    assert times.hops == pytest.approx([0.0] * 100)
    found = row("fake", 1, 1, {"mode": name, "engine": "x", "realtime": True, "others": None, "stolen": None}, times)
    assert (found.frame.count, found.frame.p50_ms, found.frame.max_ms) == pytest.approx((100, 1.0, 4.0))
    assert found.real_time_factor == pytest.approx(0.0013 / period)
    assert found.overruns == (10 if period < 0.004 else 0)
    assert found.cold_frame_ms == pytest.approx(9.0)


def test_an_engine_that_is_far_too_slow_ends_in_time() -> None:
    time, mode = Time(), MODES["instant"]
    session = FakeSession()
    step = session.step

    def slow(magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        time.now += 0.5
        return step(magnitude)

    session.step = slow  # type: ignore[method-assign]
    times = measure(fake_bundle(), lambda: session, mode, 1.0, clock=time.clock, sleep=time.sleep)
    assert times.frames == pytest.approx([0.5] * len(times.frames))
    assert 3 <= len(times.frames) <= 6


def test_every_stem_is_an_output_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from rtiass.bench import compute

    made: list[tuple[str, ...]] = []

    class Seen(compute.StreamingSeparator):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            made.append(self.bus_names)

    monkeypatch.setattr(compute, "StreamingSeparator", Seen)
    time = Time()
    for every in (False, True):
        measure(fake_bundle(), FakeSession, MODES["live"], 0.1, every_stem=every, clock=time.clock, sleep=time.sleep)
    assert made == [("mix",), fake_bundle().stems]
