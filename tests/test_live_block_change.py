"""The server changes its block while playing: the lead grows with it, the new latency is reported and exact."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

pytestmark = pytest.mark.jack

CHANGE = "import jack; c = jack.Client('change', no_start_server=True); c.activate(); c.blocksize = 1024"


def test_larger_blocks(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=256)
    host = rig.host(mode="tight")
    before = host.latency()["host_samples"]
    subprocess.run([sys.executable, "-c", CHANGE], check=True, capture_output=True, timeout=30)
    assert eventually(lambda: host.latency()["host_samples"] == before + 768, 5) is not None
    sound = music(30000)
    sound[0] = 0.5
    heard = rig.play(sound)
    delay = int(host.latency()["host_samples"])
    assert np.abs(heard[delay : delay + len(sound)] - sound).max() < 1e-5
