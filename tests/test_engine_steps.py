"""How a session of either engine behaves: states, reset, ownership, bad numbers, memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from networks import exported, magnitudes

from engines.onnxruntime import OnnxRuntimeEngine
from engines.pytorch import PyTorchEngine

FRAMES = magnitudes(12, seed=5)[0].permute(1, 0, 2).contiguous().numpy()


@pytest.fixture(params=[OnnxRuntimeEngine, PyTorchEngine])
def session(request: pytest.FixtureRequest) -> Iterator[Any]:
    opened = request.param().open(exported("small")[1], threads=1)
    yield opened
    opened.close()


def run(session: Any, frames: np.ndarray[Any, Any] = FRAMES) -> np.ndarray[Any, Any]:
    return np.stack([session.step(frame)[0].copy() for frame in frames])


def test_results_have_the_promised_form(session: Any) -> None:
    masks, activity = session.step(FRAMES[0])
    assert (masks.shape, masks.dtype) == ((4, 2049), np.float32)
    assert (activity.shape, activity.dtype) == ((4,), np.float32)
    np.testing.assert_allclose(masks.sum(axis=0), 1.0, atol=1e-5)
    assert ((activity > 0) & (activity < 1)).all()


def test_the_past_counts_and_reset_forgets_it(session: Any) -> None:
    first = run(session)
    second = run(session)
    session.reset()
    third = run(session)
    assert np.abs(second[0] - first[0]).max() > 1e-3
    np.testing.assert_array_equal(third, first)


def test_reset_after_an_odd_number_of_steps(session: Any) -> None:
    first = run(session)
    session.reset()
    run(session, FRAMES[:3])
    session.reset()
    np.testing.assert_array_equal(run(session), first)


def test_the_input_is_left_alone(session: Any) -> None:
    frame = FRAMES[0].copy()
    frame[0, 3] = np.nan
    before = frame.copy()
    session.step(frame)
    np.testing.assert_array_equal(frame, before)


def test_a_view_of_a_larger_array_is_a_frame_too(session: Any) -> None:
    wide = np.zeros((2, 4098), np.float32)
    wide[:, ::2] = FRAMES[0]
    expected = session.step(FRAMES[0])[0].copy()
    session.reset()
    np.testing.assert_array_equal(session.step(wide[:, ::2])[0], expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0, 3e38])
def test_bad_numbers_give_an_answer_and_spoil_nothing_for_good(session: Any, bad: float) -> None:
    frame = FRAMES[0].copy()
    frame[:, ::7] = bad
    masks, activity = session.step(frame)
    assert np.isfinite(masks).all()
    assert np.isfinite(activity).all()
    np.testing.assert_allclose(masks.sum(axis=0), 1.0, atol=1e-4)
    later = run(session)
    assert np.isfinite(later).all()


def test_a_closed_session_says_so(session: Any) -> None:
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.step(FRAMES[0])


def test_a_step_of_onnxruntime_allocates_nothing_of_the_size_of_a_frame() -> None:
    session = OnnxRuntimeEngine().open(exported("small")[1], threads=1)
    run(session)
    masks, activity = session.step(FRAMES[0])
    tracemalloc.start()
    try:
        for frame in FRAMES:
            again, active = session.step(frame)
            assert np.shares_memory(again, masks)
            assert np.shares_memory(active, activity)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < FRAMES[0].nbytes / 2


def test_a_session_leaves_the_floating_point_mode_of_its_thread_alone(session: Any) -> None:
    run(session)
    assert np.float64(1e-310) * np.float64(0.5) > 0, "denormal numbers must not be flushed in the caller's thread"
