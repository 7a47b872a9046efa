"""Running medians equal the plain definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtiass.activity import MajorityFilter, RunningMedian

ODD = st.integers(0, 12).map(lambda n: 2 * n + 1)


@given(ODD, st.lists(st.floats(-1e6, 1e6), max_size=80))
def test_running_median_equals_numpy(size, values):
    median = RunningMedian(size)
    padded = [0.0] * size
    for value in values:
        padded.append(value)
        assert median.push(value) == np.median(padded[-size:])


@given(ODD, st.lists(st.booleans(), max_size=80))
def test_majority_is_the_median_of_a_binary_sequence(size, values):
    majority = MajorityFilter(size)
    padded = [0] * size
    for value in values:
        padded.append(int(value))
        assert majority.push(value) == (np.median(padded[-size:]) == 1)


@pytest.mark.parametrize("kind", [MajorityFilter, RunningMedian])
@pytest.mark.parametrize("size", [0, 2, -3])
def test_even_or_empty_windows_are_refused(kind, size):
    with pytest.raises(ValueError, match="odd"):
        kind(size)


def test_a_filled_majority_forgets_what_was_before():
    majority = MajorityFilter(5)
    for value in (1, 0, 1, 1, 0, 1):
        majority.push(bool(value))
    majority.fill(True)
    assert [majority.push(False) for _ in range(4)] == [True, True, False, False]
