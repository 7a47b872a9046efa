"""The audio server dies: that is told within two seconds, nothing hangs, and playing resumes when it is back."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.live.status import LOST, PLAYING

pytestmark = pytest.mark.jack


def test_server_death_and_return(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=256)
    host = rig.host(freewheel=False)
    host.mode = "tight"
    host.control.set("/stem/drums/gain", -6.0)
    rig.server.stop(signal.SIGKILL)
    assert eventually(lambda: host.status.phase == LOST, 2.0) is not None
    assert "stopped" in host.status.text or "answer" in host.status.text
    rig.server.start()
    assert eventually(lambda: host.status.phase == PLAYING, 20) is not None
    assert host.status.restarts == 1
    assert eventually(lambda: host.state.get("captured") > 10000, 10) is not None
    # Settings outlive the child.
    sound = music(20000)
    sound[0] = 0.5
    assert rig.play(sound, freewheel=False).any()
    assert host.mode == "tight"
    assert eventually(lambda: host.latency()["host_samples"] == host.state.get("prefill") + 1024, 3) is not None


def test_frozen_server_is_told_too(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=256)
    host = rig.host(freewheel=False)
    process = rig.server.process
    process.send_signal(signal.SIGSTOP)
    try:
        assert eventually(lambda: host.status.phase == LOST, 2.0) is not None
        # As long as it stands still nothing is called playing.
        assert eventually(lambda: host.status.phase != LOST, 1.0) is None
    finally:
        process.send_signal(signal.SIGCONT)
    assert eventually(lambda: host.status.phase == PLAYING, 20) is not None
    assert host.status.restarts == 1
    assert eventually(lambda: host.state.get("captured") > 10000, 10) is not None
