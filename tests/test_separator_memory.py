"""An hour of audio does not make the process grow."""

import tracemalloc

import numpy as np
from fake_engine import FixedSession, fake_bundle

from rtiass.separator import StreamingSeparator


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
    # numpy's transform works in a buffer of 64 KiB; malloc serves that from the heap, without asking the system.
    assert peak - before < 96 * 1024
