"""Room for a compiled network's numbers: whole vectors begin in it, in huge pages too, and all of it can be written."""

from __future__ import annotations

import numpy as np
import pytest

from engines.compiled.session import HUGE, aligned


@pytest.mark.parametrize("size", [1, 1000, HUGE - 1, HUGE, HUGE + 17, 2 * HUGE])
def test_zeros_where_a_vector_begins(size):
    room = aligned(size)
    assert room.shape == (size,) and room.dtype == np.float32
    assert room.ctypes.data % 64 == 0
    assert not room.any()
    room[:] = np.arange(size) % 1000
    assert room[-1] == (size - 1) % 1000
    assert size < HUGE or room.ctypes.data % (4 * HUGE) == 0


def test_rooms_share_nothing():
    one, other = aligned(HUGE), aligned(HUGE)
    one.fill(1.0)
    assert not other.any()
