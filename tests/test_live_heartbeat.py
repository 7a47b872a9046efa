"""Signs of life: silence counts only while somebody looks."""

from __future__ import annotations

import pytest

from rtiass.live import heartbeat
from rtiass.live.heartbeat import STOOD_STILL, Heartbeat


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: now[0])
    return now


def look(heart: Heartbeat, clock: list[float], after: float, beat: int) -> float:
    clock[0] += after
    return heart.silent_for(beat)


def test_silence_is_counted_from_the_last_change(clock):
    heart = Heartbeat()
    assert look(heart, clock, 0.25, 7) == 0.0
    assert look(heart, clock, 0.25, 7) == 0.25
    assert look(heart, clock, 0.25, 7) == 0.5
    assert look(heart, clock, 0.25, 8) == 0.0


def test_what_the_looker_slept_through_does_not_count(clock):
    heart = Heartbeat()
    look(heart, clock, 0.25, 7)
    assert look(heart, clock, STOOD_STILL + 1.0, 7) == 0.0
    assert look(heart, clock, 0.25, 7) == 0.25


def test_a_new_beginning_counts_anew(clock):
    heart = Heartbeat()
    look(heart, clock, 0.25, 7)
    look(heart, clock, 0.5, 7)
    heart.begin()
    assert look(heart, clock, 0.25, 7) == 0.0
