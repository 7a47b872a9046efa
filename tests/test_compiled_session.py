"""A compiled session behaves as every session does: states, reset, silence, nonsense, closing."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from networks import exported, magnitudes

from engines.compiled import CompiledEngine
from engines.compiled.session import CompiledSession

FRAMES = magnitudes(12, seed=5)[0].transpose(0, 1).numpy()


@pytest.fixture
def session() -> CompiledSession:
    return CompiledEngine().open(exported("small")[1])


def masks(session: CompiledSession) -> list[np.ndarray]:
    return [session.step(frame)[0].copy() for frame in FRAMES]


def test_it_remembers_and_forgets(session: CompiledSession) -> None:
    first, second = masks(session), masks(session)
    assert not np.array_equal(first[0], second[0])
    session.reset()
    assert all(np.array_equal(a, b) for a, b in zip(first, masks(session), strict=True))


def test_sessions_of_one_model_share_code_and_no_states(session: CompiledSession) -> None:
    other = CompiledEngine().open(exported("small")[1])
    alone = masks(session)
    session.reset()
    for frame, expected in zip(FRAMES, alone, strict=True):
        assert np.array_equal(session.step(frame)[0], expected)
        other.step(FRAMES[0])
    assert other._keep[0] is session._keep[0]


def test_masks_sum_to_one_whatever_comes(session: CompiledSession) -> None:
    for level in (0.0, 1e-30, 1.0, 1e6, np.inf, np.nan, -1.0):
        mask, activity = session.step(np.full((2, 2049), level, np.float32))
        np.testing.assert_allclose(mask.sum(axis=0), 1.0, atol=1e-5)
        assert np.isfinite(activity).all()


def test_a_step_allocates_no_array(session: CompiledSession) -> None:
    session.step(FRAMES[0])
    before = sys.getallocatedblocks()
    for _ in range(50):
        session.step(FRAMES[0])
    assert sys.getallocatedblocks() - before < 20


def test_a_closed_session_says_so(session: CompiledSession) -> None:
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.step(FRAMES[0])
