"""What the soak takes for a leak: an object kept for every event, and not noise or an arena that fills."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("looks at /proc", allow_module_level=True)

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

from soak_memory import ARENA, PAGE, SMALLEST, allowed, growth

MINUTES, HOP = 30, 0.0232
EVENTS = 60 * MINUTES / HOP


def watched(pages_of):
    """A look every five seconds for half an hour."""
    return [
        (at, {"anonymous": round(pages_of(at)), "proportional": 0, "descriptors": 30, "threads": 9})
        for at in np.arange(0.0, 60.0 * MINUTES, 5.0).tolist()
    ]


def leaks(samples):
    found = growth(samples)
    return found["pages_grown"] > allowed(EVENTS * found["seconds"] / (60.0 * MINUTES))


def test_one_object_kept_for_every_hop_is_a_leak():
    assert leaks(watched(lambda at: 8000 + at / HOP * SMALLEST / PAGE))


def test_noise_is_none():
    noise = np.random.default_rng(1)
    assert not leaks(watched(lambda at: 8000 + noise.normal(0, 100)))


def test_an_arena_more_is_none():
    assert not leaks(watched(lambda at: 8000 + (ARENA // PAGE if at > 1200 else 0)))


def test_warming_up_is_none():
    assert not leaks(watched(lambda at: 8000 + min(at, 500.0) * 100))
