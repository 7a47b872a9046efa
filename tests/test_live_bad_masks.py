"""A network that gives no numbers, fails, or never answers again while playing: the sound goes on, and it is told."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.live.options import Route
from rtiass.live.status import PLAYING

pytestmark = pytest.mark.jack

RATE = 44100
ROUTES = (Route("karaoke", (1, 2)),)


def test_bad_steps_are_bridged_and_counted(make_rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("RTIASS_TEST_FLAT", "1")
    monkeypatch.setenv("RTIASS_TEST_BAD", "nan:250:50,raise:400:50")
    rig = make_rig(block=1024)
    host = rig.host(routes=ROUTES, policy="mix", mask_delay=1)
    assert eventually(lambda: host.state.get("captured") > 0, 10) is not None
    sound = music(12 * RATE, seed=6)
    sound[0] = 0.5
    heard = rig.play(sound)
    late = int(host.latency()["host_samples"])
    wet = heard[late : late + len(sound)]
    assert np.isfinite(heard).all()
    window = RATE // 4
    shares = [
        float((sound[at : at + window] * wet[at : at + window]).sum() / (sound[at : at + window] ** 2).sum())
        for at in range(0, len(sound) - window, window)
    ]
    # Twice there was something to bridge, and good masks between.
    bridged = np.diff(np.array(shares) > 0.9, prepend=False, append=False)
    assert bridged.sum() == 4
    # Flat masks: without the vocals three quarters are heard; where the masks have grown too old, all of it.
    assert min(shares) > 0.7
    assert max(shares) > 0.97
    assert shares[-1] == pytest.approx(0.75, abs=0.01)
    # And at the same time as before.
    assert np.abs(wet - 0.75 * sound)[-2 * RATE :].max() < 1e-5
    assert eventually(lambda: host.state.get("bad_frames") == 100, 5) is not None
    assert host.state.get("mask_age") == 0
    assert host.status.phase == PLAYING and host.status.restarts == 0
    assert eventually(lambda: any("The network failed" in note for note in host.status.notes), 5) is not None


def test_a_network_that_never_answers_again(make_rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("RTIASS_TEST_STALL", "60:100000")
    rig = make_rig(block=512)
    host = rig.host(freewheel=False, routes=ROUTES, policy="mix", mask_delay=1)
    assert eventually(lambda: any("does not answer any more" in note for note in host.status.notes), 30) is not None
    assert host.status.phase == PLAYING and host.status.restarts == 0
    sound = music(3 * RATE, seed=7)
    sound[0] = 0.5
    heard = rig.play(sound, freewheel=False)
    # The input is heard in place of the stems, as the policy says; a busy machine may lose a period of it.
    delayed = heard[int(host.latency()["host_samples"]) :][: len(sound)]
    assert float((sound * delayed).sum() / (sound * sound).sum()) > 0.9
    assert delayed.any(axis=1).mean() > 0.99 or rig.xruns > 0
    assert host.state.get("skipped_frames") > 20
    begun = time.monotonic()
    host.close()
    assert time.monotonic() - begun < 5.0  # it ends although the network does not
