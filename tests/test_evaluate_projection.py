"""Filters are those that the normal equations ask for, also where these can only just be solved."""

import numpy as np
import pytest

from offline_train.evaluation.projection import TAPS, Projection, independent


def lags(first, second):
    """Element (j, i, k) is sum_n second[j, n] first[i, n - k]."""
    length = first.shape[1]
    return np.array([[[b[k:] @ a[: length - k] for k in range(TAPS)] for a in first] for b in second])


def delayed(signals):
    """All delays of all signals as columns, zeros around them."""
    count, length = signals.shape
    columns = np.zeros((count * TAPS, length + TAPS - 1))
    for place in range(count):
        for delay in range(TAPS):
            columns[place * TAPS + delay, delay : delay + length] = signals[place]
    return columns.T


@pytest.mark.parametrize("count", [1, 3])
def test_filters_are_the_least_squares_solution(count):
    rng = np.random.default_rng(count)
    signals = rng.standard_normal((count, 4000))
    signals[-1] += 0.5 * np.roll(signals[0], 3)
    found = rng.standard_normal((2, 4000)) + signals[0]
    filters = Projection(lags(signals, signals)).solve(lags(signals, found))
    padded = np.pad(found, ((0, 0), (0, TAPS - 1)))
    expected = np.linalg.lstsq(delayed(signals), padded.T)[0].T.reshape(2, count, TAPS)
    np.testing.assert_allclose(filters, expected, atol=1e-10)


def test_what_is_singular_still_reaches_what_can_be_reached():
    rng = np.random.default_rng(0)
    one = rng.standard_normal((1, 4000))
    signals = np.concatenate((one, 0.3 * one))
    filters = Projection(lags(signals, signals)).solve(lags(signals, one))
    projected = delayed(signals) @ filters.reshape(-1)
    np.testing.assert_allclose(projected[:4000], one[0], atol=1e-5)
    np.testing.assert_allclose(projected[4000:], 0.0, atol=1e-5)


def test_channels_that_add_nothing_are_left_out():
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, 100))
    assert independent(np.stack((left, right))) == [0, 1]
    assert independent(np.stack((left, left))) == [0]
    assert independent(np.stack((left, np.zeros(100)))) == [0]
    assert independent(np.stack((np.zeros(100), right, left, right))) == [1, 2]
