"""The latency that is reported is the latency that is there: to the sample, at every block, in every mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.stft import MODES

pytestmark = pytest.mark.jack


@pytest.mark.parametrize("block", [128, 256, 512, 1024])
def test_measured_is_reported_in_every_mode(make_rig: Any, block: int) -> None:  # noqa: F811
    rig = make_rig(block=block)
    host = rig.host(mode="studio")
    sound = music(30000, seed=block)
    sound[0] = 0.5  # a clear beginning
    for mode in MODES:
        host.mode = mode
        name = list(MODES).index(mode)
        if host.state.get("heard_mode") != name:
            # A change is made as sound goes by; silence will do.
            assert eventually(lambda name=name: host.state.get("heard_mode") == name, 5) is not None
        reported = host.latency()["host_samples"]
        assert reported == host.state.get("prefill") + MODES[mode].window
        heard = rig.play(sound)
        # All faders at unity: the input comes out as it went in, so many samples later and not one more.
        delay = int(reported)
        assert np.abs(heard[:delay]).max() < 1e-5
        assert np.abs(heard[delay : delay + len(sound)] - sound).max() < 1e-5
    assert host.state.get("underrun_frames") == 0
    assert host.state.get("lost_input") == 0
