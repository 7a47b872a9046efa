"""A controller's message is heard within one period, one hop and the host's latency, over JACK's audio and MIDI."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jack_server import Messages, Rig, eventually, make_rig  # noqa: F401 - a fixture

from rtiass.control.control import Change
from rtiass.control.midi.mapping import parse_mapping
from rtiass.control.midi.surface import MidiSurface
from rtiass.live.host import LiveHost
from rtiass.stft import MODES

pytestmark = pytest.mark.jack
pytest.importorskip("rtmidi", reason="python-rtmidi is not installed (pip install 'rtiass[midi]')")

MAP = """
ports = ["source*"]
[[control]]
cc = 7
path = "/bus/mix/gain"
takeover = "jump"
feedback = false
"""
LEVEL = 0.1
APART = 9000
"""Samples from one message to the next: more than any ramp, latency and window."""

COUNT = 10
TRIES = 5


def beginnings(heard: np.ndarray, sent: list[int]) -> list[int]:
    """Sample after each message at which the level leaves the plateau that it was on."""
    found = []
    for at in sent:
        away = np.abs(heard[at : at + APART] - heard[at]) > 2e-5 * LEVEL + 1e-6
        assert away.any(), "a message was not heard"
        found.append(at + int(np.argmax(away)))
    return found


class Played:
    """Ten jumps of a fader while a steady level plays."""

    def __init__(self, rig: Rig, host: LiveHost, settle: int) -> None:
        changes: list[Change] = []
        leave = host.control.subscribe(lambda change: changes.append(change) if change.source != "host" else None)
        # Anywhere in a period and a hop, and never at the same place twice.
        self.sent = [settle + APART * turn + 37 * turn for turn in range(COUNT)]
        messages: Messages = [(at, [0xB0, 7, (95, 64)[turn % 2]]) for turn, at in enumerate(self.sent)]
        sound = np.full((settle + APART * (COUNT + 1), 2), LEVEL, np.float32)
        before = lost(host)
        self.heard = rig.play(sound, freewheel=False, midi=messages)[:, 0]
        leave()
        self.clean = rig.xruns == 0 and lost(host) == before
        self.changes = changes
        self.applied = [host.applied(change.revision) for change in changes]


def lost(host: LiveHost) -> int:
    return sum(int(host.state.get(name)) for name in ("underruns", "lost_input", "input_xruns", "output_xruns"))


@pytest.fixture
def surface(
    make_rig: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    request: Any,
) -> Iterator[tuple[Rig, LiveHost, MidiSurface]]:
    monkeypatch.setenv("RTIASS_MIDI", "jack")
    rig = make_rig(block=request.param)
    host = rig.host(freewheel=False, mask_delay=1)
    rig.play(np.full((2000, 2), LEVEL, np.float32), freewheel=False, midi=[])  # from here on there is a port
    with MidiSurface(host.control, parse_mapping(MAP, Path("m.toml").name), look_every=0.05) as made:
        assert eventually(lambda: made.input is not None, 20) is not None
        yield rig, host, made


@pytest.mark.parametrize("surface", [256, 1024], indirect=True)
@pytest.mark.parametrize("mode", ["live", "tight", "instant"])
def test_a_message_is_heard_within_a_period_a_hop_and_the_latency(surface: Any, mode: str) -> None:
    rig, host, _ = surface
    host.mode = mode
    name, block, hop = list(MODES).index(mode), rig.server.block, MODES[mode].hop
    assert eventually(lambda: host.state.get("heard_mode") == name, 20) is not None
    host.control.set("/bus/mix/gain", -12, "test")
    worst = []
    for _ in range(TRIES):
        played = Played(rig, host, 12000)
        latency, prefill = int(host.latency()["host_samples"]), int(host.state.get("prefill"))
        assert [change.path for change in played.changes] == ["/bus/mix/gain"] * COUNT
        if not played.clean or None in played.applied:
            worst.append("the machine lost sound")
            continue
        begun = beginnings(played.heard, played.sent)
        # However late a busy machine took the message: what is told to be the first sample is the first one heard.
        told = np.array(begun) - np.array(played.applied)
        assert told.max() - told.min() <= 16
        lags = np.array(begun) - np.array(played.sent)
        assert lags.min() >= prefill - block
        worst.append(str(lags.max()))
        if lags.max() <= block + hop + latency:
            return
    pytest.fail(f"heard after {', '.join(worst)} samples; {block} + {hop} + {latency} were allowed")
