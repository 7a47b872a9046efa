"""A parent that computes without pause in Python costs the child no block."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fake_engine import music
from jack_server import make_rig  # noqa: F401 - a fixture

pytestmark = pytest.mark.jack

SECONDS = 4.0


def test_busy_loop_in_the_parent_loses_nothing(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=512)
    host = rig.host(freewheel=False, mask_delay=1)
    rig.begin(music(int((SECONDS + 0.5) * 44100)), freewheel=False)
    before = {name: host.state.get(name) for name in ("callbacks", "captured", "underruns", "lost_input")}
    begun = time.monotonic()
    spins = 0
    while time.monotonic() - begun < SECONDS:
        spins += sum(range(100))
    passed = host.state.get("captured") - before["captured"]
    assert spins > 0
    assert passed >= 0.9 * SECONDS * 44100
    assert host.state.get("lost_input") == before["lost_input"]
    # The machine is shared: another program may take a core for a moment, the parent's loop alone takes none.
    assert host.state.get("underruns") - before["underruns"] <= 2
    rig.finish()
