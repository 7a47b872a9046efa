"""The compiled loops of a hop do what they say with samples, masks and sums that are not as they should be."""

from __future__ import annotations

import numpy as np
import pytest

from rtiass.loops import give_out, keep_finite, mix, take_in


def test_samples_stand_twice_and_wrap():
    ring = np.zeros((2, 20), np.float32)
    block = np.arange(1, 13, dtype=np.float32).reshape(6, 2)
    take_in(block, ring, 7)
    assert np.array_equal(ring[:, :10], ring[:, 10:])
    assert np.array_equal(ring[0, [7, 8, 9, 0, 1, 2]], block[:, 0])
    assert np.array_equal(ring[1, [7, 8, 9, 0, 1, 2]], block[:, 1])
    assert not ring[:, 3:7].any()


def test_what_is_no_sound_is_none():
    bad = np.array([np.nan, np.inf, -np.inf, 1e-21, -1e-30, 0.5, 1e9, -1e9], np.float32)
    ring = np.zeros((1, 16), np.float32)
    take_in(bad[:, None], ring, 0)
    assert ring[0, :8].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 64.0, -64.0]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["masks", "activity"])
def test_an_answer_that_is_not_finite_changes_nothing(value, where):
    masks, activity = np.full((3, 50), 0.25, np.float32), np.full(3, 0.5, np.float32)
    kept, active = np.ones_like(masks), np.ones_like(activity)
    assert keep_finite(masks, activity, kept, active)
    assert np.array_equal(kept, masks)
    assert np.array_equal(active, activity)
    if where == "masks":
        masks[2, 49] = value
    else:
        activity[2] = value
    masks[0], activity[0] = 0.75, 0.75
    assert not keep_finite(masks, activity, kept, active)
    assert (kept == 0.25).all()
    assert (active == 0.5).all()


def test_largest_finite_mask_is_kept():
    largest = np.full((2, 5), np.finfo(np.float32).max, np.float32)
    assert keep_finite(largest, np.zeros(2, np.float32), np.zeros_like(largest), np.zeros(2, np.float32))


def test_masks_are_mixed_by_gain_and_gate():
    rng = np.random.default_rng(0)
    gains, weights = rng.random((2, 4), dtype=np.float32), rng.random(4, dtype=np.float32)
    masks, out = rng.random((4, 100), dtype=np.float32), np.full((2, 100), 9.0, np.float32)
    mix(gains, weights, masks, out)
    rest = gains[:, 3:].astype(np.float64)
    assert np.allclose(out, rest + ((gains[:, :3] - rest) * weights[:3]) @ masks[:3], rtol=1e-6)


def test_faders_at_unity_give_exactly_one():
    out = np.zeros((1, 100), np.float32)
    mix(np.ones((1, 4), np.float32), np.ones(4, np.float32), np.random.default_rng(0).random((4, 100), np.float32), out)
    assert (out == 1.0).all()


@pytest.mark.parametrize(("length", "hop"), [(256, 128), (4096, 1024), (8, 8)])
def test_sums_move_up_by_a_hop(length, hop):
    total = np.random.default_rng(0).random((2, 2, length), dtype=np.float32)
    before, ready = total.copy(), np.zeros((2, 2, hop), np.float32)
    give_out(total, ready)
    assert np.array_equal(ready, before[:, :, :hop])
    assert np.array_equal(total[:, :, : length - hop], before[:, :, hop:])
    assert not total[:, :, length - hop :].any()
