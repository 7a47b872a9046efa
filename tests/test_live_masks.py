"""The network in its own thread: equal to the synchronous one in freewheel; late, skipped and failing frames otherwise."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fake_engine import FakeSession, FixedSession, fake_bundle, music
from numpy.typing import NDArray

from rtiass.live.masks import QUEUE, AsyncMaskSource
from rtiass.masks import MaskFrame, MaskProducer
from rtiass.separator import StreamingSeparator

STEMS = ("vocals", "drums", "bass", "other")
FRAME = np.ones((2, 2049), np.float32)


class Held(FixedSession):
    """Steps that wait for permission."""

    def __init__(self) -> None:
        super().__init__()
        self.allowed = threading.Semaphore(0)
        self.fail = False

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.allowed.acquire()
        if self.fail:
            raise RuntimeError("broken")
        return super().step(magnitude)


@pytest.fixture
def held() -> Iterator[tuple[Held, AsyncMaskSource]]:
    session = Held()
    source = AsyncMaskSource(MaskProducer(session, STEMS, fake_bundle().gates))
    yield session, source
    source.close()
    for _ in range(20):
        session.allowed.release()


def wait_for(condition: Any) -> None:
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.001)


@pytest.mark.parametrize("mode", ["live", "ultra"])
@pytest.mark.parametrize("delay", [0, 1])
def test_freewheel_equals_the_synchronous_source(mode: str, delay: int) -> None:
    bundle = fake_bundle()
    sound = music(20000)
    source = AsyncMaskSource(MaskProducer(FakeSession(), STEMS, bundle.gates), freewheel=True)
    live = StreamingSeparator(bundle, source, mode=mode, mask_delay=delay)
    file = StreamingSeparator(bundle, FakeSession(), mode=mode, mask_delay=delay)
    for start in range(0, len(sound), 700):
        made = live.process(sound[start : start + 700])
        wanted = file.process(sound[start : start + 700])
        for stem in STEMS:
            np.testing.assert_array_equal(made[stem], wanted[stem])
    assert live.late_masks == 0
    assert source.skipped_frames == 0
    live.reset()
    file.reset()
    np.testing.assert_array_equal(live.process(sound)["drums"], file.process(sound)["drums"])
    source.close()


def test_late_masks_are_the_newest_older_ones(held: tuple[Held, AsyncMaskSource]) -> None:
    session, source = held
    source.submit(FRAME, 0, 1024)
    assert source.collect(0) is None
    session.allowed.release()
    source.deadline = time.monotonic() + 10
    source.submit(FRAME, 1, 1024)
    wait_for(lambda: source.collect(0) is not None)
    source.deadline = time.monotonic() + 0.02
    early = source.collect(1)
    assert early is not None and early.tick == 0
    # While the network is behind nothing waits, however far the deadline is.
    begun = time.monotonic()
    source.deadline = begun + 10
    late = source.collect(2)
    assert late is not None and late.tick == 0
    assert time.monotonic() - begun < 9
    session.allowed.release()
    wait_for(lambda: (source.collect(2) or late).tick == 1)


def test_waits_until_the_masks_are_there(held: tuple[Held, AsyncMaskSource]) -> None:
    session, source = held
    source.deadline = time.monotonic() + 10
    threading.Timer(0.05, session.allowed.release).start()
    source.submit(FRAME, 0, 1024)
    frame = source.collect(0)
    assert frame is not None and frame.tick == 0


def test_frames_beyond_the_queue_are_skipped_oldest_first(held: tuple[Held, AsyncMaskSource]) -> None:
    session, source = held
    count = QUEUE + 6
    for tick in range(count):
        source.submit(FRAME, tick, 1024)
    assert source.skipped_frames >= 5
    for _ in range(count):
        session.allowed.release()
    wait_for(lambda: (source.collect(count) or source._front).tick == count - 1)


def test_an_error_is_told_and_the_next_frame_is_tried(held: tuple[Held, AsyncMaskSource]) -> None:
    session, source = held
    session.fail = True
    session.allowed.release()
    source.submit(FRAME, 0, 1024)
    wait_for(lambda: source.failures == 1)
    assert "broken" in source.error and "--engine" in source.error
    session.fail = False
    session.allowed.release()
    source.deadline = time.monotonic() + 10
    source.submit(FRAME, 1, 1024)
    frame = source.collect(1)
    assert frame is not None and frame.tick == 1


def test_reset_throws_away_what_is_under_way(held: tuple[Held, AsyncMaskSource]) -> None:
    session, source = held
    source.submit(FRAME, 7, 1024)
    source.reset()
    session.allowed.release()
    session.allowed.release()
    source.deadline = time.monotonic() + 10
    source.submit(FRAME, 0, 1024)
    frame = source.collect(0)
    assert frame is not None and frame.tick == 0
    source.deadline = 0.0
    assert (source.collect(100) or frame).tick == 0


def test_levels_are_the_power_of_the_stems() -> None:
    rng = np.random.default_rng(0)
    source = AsyncMaskSource(MaskProducer(FixedSession(), STEMS, fake_bundle().gates), freewheel=True)
    separator = StreamingSeparator(fake_bundle(), source, mode="live")
    noise = (0.1 * rng.standard_normal((44100, 2))).astype(np.float32)
    separator.process(noise)
    # A quarter of the amplitude each: 0.01 / 16.
    np.testing.assert_allclose(source.levels, 0.01 / 16, rtol=0.2)
    source.close()


class Midway(MaskProducer):
    """Stops in the middle of writing a step's masks, when told to."""

    def __init__(self) -> None:
        super().__init__(FixedSession(), STEMS, fake_bundle().gates)
        self.halfway, self.go_on = threading.Event(), threading.Event()
        self.stop_at = -1

    def produce(self, magnitude: NDArray[np.float32], tick: int, period: int, out: MaskFrame) -> bool:
        good = super().produce(magnitude, tick, period, out)
        if tick == self.stop_at:
            out.masks[:, 1000:] = -1.0  # not written yet, for all that a reader knows
            self.halfway.set()
            self.go_on.wait(10)
            out.masks[:, 1000:] = 0.25
        return good


def test_a_frame_being_written_is_never_seen() -> None:
    producer = Midway()
    producer.stop_at = 1
    source = AsyncMaskSource(producer)
    source.submit(FRAME, 0, 1024)
    source.deadline = time.monotonic() + 10
    assert source.collect(0) is not None
    source.submit(FRAME, 1, 1024)
    assert producer.halfway.wait(10)
    source.deadline = 0.0
    frame = source.collect(1)
    producer.go_on.set()
    assert frame is not None and frame.tick == 0 and (frame.masks == 0.25).all()
    source.deadline = time.monotonic() + 10
    wait_for(lambda: (source.collect(1) or frame).tick == 1)
    source.close()


@pytest.mark.parametrize("delay", [5, 8, 40])
def test_long_delays_lose_no_mask(delay: int) -> None:
    source = AsyncMaskSource(MaskProducer(FixedSession(), STEMS, fake_bundle().gates))
    source.reserve(delay)
    for tick in range(3 * delay):
        source.submit(FRAME, tick, 128)
        wait_for(lambda tick=tick: source._finished == tick)  # a network that is never late
        if tick >= delay:
            frame = source.collect(tick - delay)
            assert frame is not None and frame.tick == tick - delay
    assert source.skipped_frames == 0
    source.close()


@pytest.mark.parametrize("delay", [0, 8])
def test_eight_hops_in_one_block(held: tuple[Held, AsyncMaskSource], delay: int) -> None:
    session, source = held
    source.reserve(8)
    separator = StreamingSeparator(fake_bundle(), source, mode="instant", mask_delay=delay)
    sound = music(16 * 1024)
    for start in range(0, len(sound), 1024):
        # Without a delay the network is there while the block is; with one it comes to it when the block is through.
        source.deadline = time.monotonic() + 10
        if delay == 0:
            session.allowed.release(8)
        separator.process(sound[start : start + 1024])
        if delay:
            session.allowed.release(8)
            wait_for(lambda: source._finished == separator.time // 128 - 1)
    assert source.skipped_frames == 0
    assert separator.late_masks == 0


def test_room_made_while_playing_keeps_the_results() -> None:
    source = AsyncMaskSource(MaskProducer(FixedSession(), STEMS, fake_bundle().gates))
    for tick in range(50):
        source.submit(FRAME, tick, 128)
        wait_for(lambda tick=tick: source._finished == tick)
        source.reserve(tick // 2)
        frame = source.collect(max(0, tick - 2))
        assert frame is not None and frame.tick == max(0, tick - 2)
    source.close()
