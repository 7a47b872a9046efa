"""A fader moved in a browser's page changes the sound that leaves a JACK server."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")

from fake_engine import music
from jack_server import make_rig  # noqa: F401 - a fixture
from remote_client import eventually

from rtiass.control.network import NetworkSurfaces
from rtiass.control.taper import linear

pytestmark = pytest.mark.jack
pytest_plugins = ["chromium"]

PATH = "/bus/mix/gain"
SECONDS = 12
RATE = 44100


def test_a_fader_of_the_page_is_heard(make_rig: Any, page: Any) -> None:  # noqa: F811
    rig = make_rig(block=512)
    host = rig.host(freewheel=False)
    with NetworkSurfaces(host, remote="0") as surfaces:
        page.phone()
        page.open(f"http://127.0.0.1:{surfaces.remote.port}/")
        page.wait("document.getElementById('connection').dataset.state === 'open'")
        slider = page.box(f"[role=slider][data-path='{PATH}']")
        x, top, length = slider["x"] + slider["width"] / 2, slider["y"] + 14, slider["height"] - 28
        sound = music(SECONDS * RATE)
        rig.begin(sound, freewheel=False)
        time.sleep(1.0)
        unity, quiet = top + 0.25 * length, top + 0.5 * length
        page.touch((x, unity), (x, (unity + quiet) / 2), (x, quiet))
        assert eventually(lambda: abs(host.control.position(PATH) - 0.5) < 0.02, 5) is not None
        revision = host.control.revision
        assert eventually(lambda: host.applied(revision) is not None, 5) is not None
        heard = rig.finish()
        assert not page.errors
        latency = int(host.state.get("host_latency"))
    gain = linear(float(host.control.get(PATH)))

    def ratio(begin: float, end: float) -> float:
        part = slice(int(begin * RATE), int(end * RATE))
        return float(np.sqrt(np.mean(heard[latency:][part] ** 2) / np.mean(sound[part] ** 2)))

    # Half a decibel: the machine may be late for a moment, and then the mix is heard in place of the stems' sum.
    assert ratio(0.2, 0.8) == pytest.approx(1.0, rel=0.06)
    assert ratio(SECONDS - 1.2, SECONDS - 0.2) == pytest.approx(gain, rel=0.06)
    assert 0.2 < gain < 0.3
