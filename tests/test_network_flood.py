"""Floods of hostile OSC packets and WebSocket messages do not stop the sound of a playing host."""

from __future__ import annotations

import contextlib
import random
import socket as sockets
import threading
import time
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")
pytest.importorskip("pythonosc", reason="python-osc is not installed (pip install 'rtiass[osc]')")

from fake_engine import music
from jack_server import make_rig  # noqa: F401 - a fixture
from quiet import Count, check_undisturbed
from remote_client import connect
from test_osc_fuzz import packet
from test_remote_fuzz import message
from websockets.exceptions import ConnectionClosed

from rtiass.control.network import NetworkSurfaces

pytestmark = pytest.mark.jack

SECONDS = 5.0


def flood_osc(address: tuple[str, int], paths: list[str], stop: threading.Event) -> None:
    packets = [packet(random.Random(seed), paths) for seed in range(2000)]
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as sender:
        while not stop.is_set():
            for data in packets:
                if data:
                    sender.sendto(data, address)
            time.sleep(0.001)


def flood_page(remote: Any, paths: list[str], stop: threading.Event) -> None:
    texts = [message(random.Random(seed), paths)[:4000].encode("utf-8", "replace")[:4000] for seed in range(500)]

    def drain() -> None:
        with contextlib.suppress(ConnectionClosed):
            for _ in socket:
                pass

    with connect(remote) as socket:
        threading.Thread(target=drain, daemon=True).start()
        while not stop.is_set():
            for text in texts:
                socket.send(text.decode("utf-8", "ignore"))
                if stop.is_set():
                    break


def test_sound_goes_on_through_a_flood(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=512)
    host = rig.host(freewheel=False, mask_delay=1)
    # Pausing or recording would be obeyed, and is no stall.
    paths = [path for path in host.control.parameters if path not in ("/mode", "/record", "/pause")]
    sound = music(int(SECONDS * 44100))

    def missed() -> int:
        return int(host.state.get("underruns")) + int(host.state.get("lost_input"))

    def quiet() -> Count:
        before = missed()
        rig.play(sound, freewheel=False)
        return missed() - before, rig.xruns

    def flooded() -> Count:
        stop = threading.Event()
        with NetworkSurfaces(host, osc="0", remote="0") as surfaces:
            assert surfaces.osc is not None and surfaces.remote is not None
            floods = [
                threading.Thread(target=flood_osc, args=(surfaces.osc.address, paths, stop)),
                threading.Thread(target=flood_page, args=(surfaces.remote, paths, stop)),
            ]
            before, captured = missed(), host.state.get("captured")
            for thread in floods:
                thread.start()
            rig.play(sound, freewheel=False)
            found, passed = missed() - before, host.state.get("captured") - captured
            stop.set()
            for thread in floods:
                thread.join(20)
            assert surfaces.osc.counters["received"] > 1000
            assert surfaces.osc.counters["malformed"] > 100
            assert surfaces.osc.counters["faults"] == 0
            assert surfaces.remote.app.counters["received"] > 100
            assert surfaces.remote.app.counters["faults"] == 0
        assert host.status.phase == "playing" and host.status.restarts == 0
        assert passed >= len(sound) and host.control.failures == 0
        return found, rig.xruns

    check_undisturbed(flooded, quiet)
