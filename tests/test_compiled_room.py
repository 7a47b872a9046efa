"""Room for a compiled network's numbers: whole vectors begin in it, in huge pages too, and all of it can be written."""

from __future__ import annotations

import numpy as np
import pytest

from engines.compiled.session import HUGE, aligned, rooms


@pytest.mark.parametrize("size", [1, 1000, HUGE // 4, HUGE - 1, HUGE, HUGE + 17, 2 * HUGE])
def test_zeros_where_a_vector_begins(size):
    room = aligned(size)
    assert room.shape == (size,) and room.dtype == np.float32
    assert room.ctypes.data % 64 == 0
    assert not room.any()
    room[:] = np.arange(size) % 1000
    assert room[-1] == (size - 1) % 1000
    assert size < HUGE // 4 or room.ctypes.data % (4 * HUGE) == 0


@pytest.mark.parametrize("sizes", [(5, 1, 700, 16), (HUGE // 2, 3, HUGE)])
def test_rooms_together_share_nothing(sizes):
    found = rooms(*sizes)
    assert [len(room) for room in found] == list(sizes)
    for number, room in enumerate(found, 1):
        assert room.ctypes.data % 64 == 0 and not room.any()
        room.fill(number)
    assert [set(room.tolist()) for room in found] == [{number} for number in range(1, len(sizes) + 1)]
