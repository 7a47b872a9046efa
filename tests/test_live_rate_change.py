"""The audio server comes back at another rate while the host plays: it goes on at that rate, at its reported latency."""

from __future__ import annotations

import signal
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.live.status import LOST, PLAYING

pytestmark = pytest.mark.jack


def test_a_server_that_comes_back_at_another_rate(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=256)
    host = rig.host(mode="tight", freewheel=False)
    host.control.set("/bus/mix/stem/drums/gain", -6.0)
    assert host.state.get("device_rate") == 44100
    for restart, rate in enumerate((48000, 44100), 1):
        rig.server.stop(signal.SIGKILL)
        assert eventually(lambda: host.status.phase == LOST, 5.0) is not None
        rig.server.rate = rate
        rig.server.start()
        assert (
            eventually(lambda now=restart: host.status.phase == PLAYING and host.status.restarts == now, 30) is not None
        )
        assert host.status.about["rate"] == rate
        assert eventually(lambda now=rate: host.state.get("device_rate") == now, 5) is not None
        expected = host.state.get("prefill") + 1024 * rate / 44100
        assert eventually(lambda now=expected: host.latency()["host_samples"] == pytest.approx(now), 5) is not None
        assert host.control.get("/bus/mix/stem/drums/gain") == -6.0
    # Back at the model's rate nothing is left of the other one: with all faders up the sound is the input.
    host.control.set("/bus/mix/stem/drums/gain", 0.0)
    revision = host.control.revision
    sound = music(60000)
    sound[0] = 1e-3
    for _ in range(5):
        before = host.state.get("underruns")
        heard = rig.play(sound, freewheel=False)
        # A busy machine may lose a period of its own; then it is tried again.
        if host.state.get("underruns") == before and rig.xruns == 0:
            break
    assert host.applied(revision) is not None
    late = int(host.latency()["host_samples"])
    assert np.abs(heard[late : late + len(sound)] - sound).max() < 1e-5
