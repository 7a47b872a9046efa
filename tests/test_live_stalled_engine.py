"""A network that stands still is heard as the mix, is counted, and comes back: never silence, never a shift in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.live.options import Route

pytestmark = pytest.mark.jack

RATE = 44100


def test_stall_is_bridged_and_counted(make_rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("RTIASS_TEST_FLAT", "1")
    monkeypatch.setenv("RTIASS_TEST_STALL", "130:1.5")
    rig = make_rig(block=256)
    host = rig.host(freewheel=False, routes=(Route("karaoke", (1, 2)),), policy="mix", mask_delay=1)
    assert eventually(lambda: host.state.get("captured") > RATE, 10) is not None
    sound = music(5 * RATE, seed=5)
    sound[0] = 0.5
    heard = rig.play(sound, freewheel=False)
    delay = int(host.latency()["host_samples"])
    wet = heard[delay : delay + len(sound)]
    # Flat masks: with the vocals off, three quarters of the sound; while the network stands still, all of it.
    window = RATE // 10
    ratios = []
    for start in range(0, len(sound) - window, window):
        x, y = sound[start : start + window], wet[start : start + window]
        ratios.append(float((x * y).sum() / (x * x).sum()))
    assert min(ratios) > 0.7  # never silence
    assert max(ratios) > 0.97  # the mix was heard
    assert ratios[0] == pytest.approx(0.75, abs=0.03)
    assert ratios[-1] == pytest.approx(0.75, abs=0.03)  # and the stems again, at the same time as before
    assert host.state.get("late_masks") > 20
    assert host.state.get("skipped_frames") > 20
    assert host.state.get("mask_age") == 0
    assert host.state.get("oldest_mask") > RATE
    # No step from one sample to the next that is not in the music itself: the changes were cross-fades.
    assert np.abs(np.diff(wet, axis=0)).max() < 1.1 * np.abs(np.diff(sound, axis=0)).max()
