"""An hour of audio does not make the process grow."""

import tracemalloc

import numpy as np
import pytest
from fake_engine import FixedSession, fake_bundle

from rtiass.separator import StreamingSeparator

TRANSFORM = 96 * 1024
"""numpy's transform works in a buffer of 64 KiB; malloc serves that from the heap, without asking the system."""


def test_no_growth_over_an_hour():
    separator = StreamingSeparator(fake_bundle(), FixedSession(), channels=1, buses={"karaoke": {"other": 1.0}})
    block = np.zeros((8192, 1), np.float32)
    out = np.zeros((1, 8192, 1), np.float32)
    for _ in range(20):
        separator.process_into(block, out)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(3600 * 44100 // 8192):
        separator.process_into(block, out)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4096
    assert peak - before < TRANSFORM


@pytest.mark.parametrize("mode", ["live", "tight", "instant"])
def test_moves_of_all_controls_allocate_no_buffers(mode):
    separator = StreamingSeparator(
        fake_bundle(), FixedSession(), mode=mode, channels=1, buses={"karaoke": {"other": 1.0}}
    )
    block = np.zeros((1024, 1), np.float32)
    out = np.zeros((1, 1024, 1), np.float32)

    def turn(number):
        separator.mixer.set_gain("karaoke", "vocals", number % 5 / 5)
        separator.gate_modes.set("drums", ("closed", "auto", "open")[number % 3])
        separator.bypass = number % 4 > 1
        separator.process_into(block, out)

    for number in range(60):
        turn(number)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(600):
        turn(number)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 4096
    assert peak - before < TRANSFORM
