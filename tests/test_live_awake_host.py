"""The host's audio process holds the request for an awake processor as long as it lives, and only if it was asked to."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jack_server import make_rig  # noqa: F401 - a fixture

from rtiass.live.realtime import LATENCY
from rtiass.live.status import PLAYING

pytestmark = [pytest.mark.jack, pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")]


def held(pid: int) -> bool:
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found.append(link.readlink())
    return LATENCY in found


@pytest.mark.parametrize("awake", [True, False])
def test_the_request_is_held(make_rig: Any, awake: bool) -> None:  # noqa: F811
    host = make_rig(block=512).host(freewheel=False, awake=awake)
    assert host.status.phase == PLAYING
    allowed = LATENCY.exists() and os.access(LATENCY, os.W_OK)
    assert held(host.pid) == (awake and allowed)
    assert any("kept awake" in note for note in host.status.notes) == (awake and not allowed)
