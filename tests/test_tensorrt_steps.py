"""On a card of host memory, the TensorRT engine's steps are ONNX Runtime's, bit by bit, over hundreds of frames."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_cuda import OK, FakeCuda
from tensorrt_runs import Results, bundle_of, fake_runner, frames, reference, run

from engines.tensorrt.session import TensorRTSession
from rtiass.bundle import bundle_names

FRAMES = frames(300)


def same(found: Results, wanted: Results) -> None:
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", [*bundle_names(), "tiny"])
def test_three_hundred_frames_are_equal(name: str, tiny_bundle: Path) -> None:
    bundle = bundle_of(str(tiny_bundle) if name == "tiny" else name)
    session = TensorRTSession(fake_runner(bundle))
    same(run(session, FRAMES), reference(bundle, FRAMES))


@pytest.fixture
def session(tiny_bundle: Path) -> TensorRTSession:
    return TensorRTSession(fake_runner(bundle_of(str(tiny_bundle))))


@pytest.mark.parametrize("before", [1, 2, 3])
def test_reset_forgets_after_any_number_of_steps(session: TensorRTSession, tiny_bundle: Path, before: int) -> None:
    some = FRAMES[:5]
    run(session, FRAMES[100 : 100 + before])
    session.reset()
    same(run(session, some), reference(bundle_of(str(tiny_bundle)), some))


def test_each_step_is_one_launch(tiny_bundle: Path) -> None:
    cuda = FakeCuda()
    session = TensorRTSession(fake_runner(bundle_of(str(tiny_bundle)), cuda=cuda))
    assert cuda.launches == 0
    run(session, FRAMES[:7])
    assert cuda.launches == 7


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_bad_numbers_spoil_nothing(session: TensorRTSession, bad: float) -> None:
    frame = FRAMES[0].copy()
    frame[:, ::5] = bad
    before = frame.copy()
    masks, activity = run(session, np.stack([frame, FRAMES[1]]))
    np.testing.assert_array_equal(frame, before)
    assert np.isfinite(masks).all()
    assert np.isfinite(activity).all()


def test_results_outlive_the_session(session: TensorRTSession) -> None:
    masks, activity = session.step(FRAMES[0])
    kept = masks.copy(), activity.copy()
    session.close()
    np.testing.assert_array_equal(masks, kept[0])
    np.testing.assert_array_equal(activity, kept[1])


def test_results_stay_in_their_place(session: TensorRTSession) -> None:
    first: list[Any] = list(session.step(FRAMES[0]))
    for again in (session.step(frame) for frame in FRAMES[1:4]):
        assert all(np.shares_memory(a, b) for a, b in zip(first, again, strict=True))


def test_a_step_allocates_nothing_of_the_size_of_a_frame(tiny_bundle: Path) -> None:
    cuda = FakeCuda()
    session = TensorRTSession(fake_runner(bundle_of(str(tiny_bundle)), cuda=cuda))
    run(session, FRAMES[:3])
    # What the card does is not the question here, and the fake one allocates.
    cuda.cudaGraphLaunch = cuda.cudaStreamSynchronize = lambda *_: (OK,)  # type: ignore[assignment,method-assign]
    tracemalloc.start()
    try:
        for frame in FRAMES[:20]:
            session.step(frame)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < FRAMES[0].nbytes / 4


def test_a_closed_session_says_so(session: TensorRTSession) -> None:
    session.close()
    session.close()
    session.reset()
    with pytest.raises(RuntimeError, match="closed"):
        session.step(FRAMES[0])
