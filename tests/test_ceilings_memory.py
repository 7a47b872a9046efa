"""Work that keeps memory is found out, and work that gives all back is not accused."""

from __future__ import annotations

import numpy as np

from benchmarks.ceilings.allocations import ROUNDS, blocks_kept, figures, traced
from rtiass.bundle import load_bundle


def test_one_object_that_stays_at_each_call_is_seen():
    kept = []
    assert blocks_kept(lambda: kept.append(object())) == 1
    kept.clear()
    _, stays = traced(lambda: kept.append(bytes(100)))
    assert stays >= 100


def test_what_goes_back_counts_while_it_is_there_only():
    work = lambda: np.ones(25_000, np.float32).sum()  # noqa: E731
    most, stays = traced(work)
    assert 100_000 <= most < 110_000
    assert stays <= 16  # what a figure may differ by
    assert blocks_kept(work) == 0


def test_a_leak_smaller_than_a_block_in_many_calls_is_nothing():
    calls, kept = [0], []

    def work():
        calls[0] += 1
        if calls[0] % (2 * ROUNDS) == 0:
            kept.append(object())

    assert blocks_kept(work) == 0


def test_engines_and_modes_are_told_apart():
    found = figures(load_bundle("band"))
    assert list(found) == ["onnxruntime", "compiled"]
    for engine in found.values():
        assert list(engine) == ["step_bytes", "step_bytes_kept", "step_blocks_kept", "live", "instant"]
        assert set(engine["live"]) == set(engine["instant"]) == {"hop_bytes", "hop_bytes_kept", "hop_blocks_kept"}
        assert engine["step_blocks_kept"] == engine["live"]["hop_blocks_kept"] == 0
