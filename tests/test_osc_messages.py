"""OSC: setting, asking, bundles, time tags, subscribers; what may not be changed isn't."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("pythonosc", reason="python-osc is not installed (pip install 'rtiass[osc]')")

from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from remote_client import eventually

from rtiass.control.control import Control
from rtiass.control.osc import FURTHEST, OscServer
from rtiass.control.vocabulary import vocabulary
from rtiass.errors import UserError

STEMS = ("vocals", "drums", "other")


def message(address: str, *values: object) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return bytes(builder.build().dgram)


def bundle(when: float, *parts: bytes) -> bytes:
    builder = OscBundleBuilder(when)
    for part in parts:
        builder.add_content(OscMessage(part))
    return bytes(builder.build().dgram)


class Peer:
    def __init__(self, server: OscServer) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(server.address)
        self.port = self.socket.getsockname()[1]

    def send(self, data: bytes) -> None:
        self.socket.send(data)

    def receive(self, seconds: float = 5.0) -> tuple[str, object]:
        self.socket.settimeout(seconds)
        got = OscMessage(self.socket.recv(65536))
        return got.address, got.params[0]

    def until(self, address: str) -> object:
        limit = time.monotonic() + 5.0
        while time.monotonic() < limit:
            path, value = self.receive()
            if path == address:
                return value
        raise AssertionError(f"no {address}")

    def all(self) -> dict[str, object]:
        """Everything that comes until nothing does for a moment."""
        found = {}
        try:
            while True:
                path, value = self.receive(0.4)
                found[path] = value
        except TimeoutError:
            return found


@pytest.fixture
def control() -> Control:
    return Control(vocabulary(STEMS, ("mix",), True))


@pytest.fixture
def server(control: Control) -> Iterator[OscServer]:
    made = OscServer(control, port=0)
    made.start()
    yield made
    made.stop()
    assert made.counters["faults"] == 0


@pytest.fixture
def peer(server: OscServer) -> Iterator[Peer]:
    made = Peer(server)
    yield made
    made.socket.close()


def test_sets_a_value(control, peer):
    peer.send(message("/stem/vocals/gain", -12.0))
    assert eventually(lambda: control.get("/stem/vocals/gain") == -12.0, 5)


def test_a_message_without_arguments_is_answered(control, peer):
    control.set("/stem/drums/gain", -6.0)
    peer.send(message("/stem/drums/gain"))
    assert peer.receive() == ("/stem/drums/gain", -6.0)
    peer.send(message("/mode"))
    assert peer.receive() == ("/mode", "live")
    peer.send(message("/bypass"))
    assert peer.receive() == ("/bypass", 0)


def test_position_moves_a_fader_on_its_taper(control, peer):
    peer.send(message("/stem/vocals/gain/position", 0.5))
    assert eventually(lambda: control.position("/stem/vocals/gain") == pytest.approx(0.5), 5)
    peer.send(message("/stem/vocals/gain/position"))
    assert peer.receive() == ("/stem/vocals/gain/position", pytest.approx(0.5))


def test_patterns_mean_all_paths_that_match(control, peer):
    peer.send(message("/stem/*/mute", 1))
    assert eventually(lambda: all(control.get(f"/stem/{stem}/mute") for stem in STEMS), 5)
    assert control.get("/bus/mix/mute") is False


def test_values_of_a_bundle_take_effect_together(control, server, peer):
    seen = []
    control.subscribe(lambda change: seen.append((change.path, change.revision)))
    peer.send(bundle(1, message("/stem/vocals/gain", -3.0), message("/stem/drums/mute", True)))
    assert eventually(lambda: len(seen) == 2, 5)
    assert seen[0][1] == seen[1][1]


def test_late_bundles_act_at_once_and_future_ones_on_time(control, server, peer):
    peer.send(bundle(time.time() - 5.0, message("/stem/vocals/gain", -3.0)))
    assert eventually(lambda: control.get("/stem/vocals/gain") == -3.0, 5)
    assert server.counters["late"] == 1
    due = time.time() + 0.5
    acted = []
    control.subscribe(lambda change: acted.append(time.time()))
    peer.send(bundle(due, message("/stem/vocals/gain", -9.0)))
    assert eventually(lambda: control.get("/stem/vocals/gain") == -9.0, 10)
    assert acted[0] >= due - 1e-3


def test_bundles_of_the_far_future_are_dropped_and_counted(control, server, peer):
    peer.send(bundle(time.time() + FURTHEST + 10.0, message("/stem/vocals/gain", -9.0)))
    assert eventually(lambda: server.counters["dropped"] == 1, 5)


def test_triggers_happen_when_pressed_and_not_when_let_go(control, server, peer):
    seen = []
    control.subscribe(lambda change: seen.append(change.path))
    for data in (message("/song/next"), message("/song/next", 1), message("/song/next", 0), message("/bypass", 1)):
        peer.send(data)
    assert eventually(lambda: "/bypass" in seen, 5)
    assert seen == ["/song/next", "/song/next", "/bypass"]


@pytest.mark.parametrize("path", ["/stem/vocals/level", "/late_masks", "/status"])
def test_what_the_host_shows_is_not_set(control, server, peer, path):
    before = control.get(path)
    peer.send(message(path, 1.0))
    assert eventually(lambda: server.counters["refused"] == 1, 5)
    assert control.get(path) == before


@pytest.mark.parametrize("value", [float("nan"), "loud"])
def test_what_is_no_value_is_refused(control, server, peer, value):
    peer.send(message("/stem/vocals/gain", value))
    assert eventually(lambda: server.counters["refused"] == 1, 5)
    assert control.get("/stem/vocals/gain") == 0.0


def test_subscribers_hear_all_values_then_changes_and_meters(control, peer):
    peer.send(message("/subscribe"))
    first = peer.all()
    assert first["/stem/vocals/gain"] == 0.0
    assert first["/status"] == "starting"
    assert "/song/next" not in first
    control.set("/stem/vocals/gain", -7.0, "elsewhere")
    assert peer.until("/stem/vocals/gain") == -7.0
    control.publish("/stem/drums/level", -20.0)
    assert peer.until("/stem/drums/level") == -20.0


def test_a_prefix_leaves_the_rest_out_and_a_port_is_told_instead(control, server):
    asking, listening = Peer(server), Peer(server)
    asking.send(message("/subscribe", listening.port, "/stem/drums/"))
    assert set(listening.all()) == {
        f"/stem/drums/{name}" for name in ("gain", "mute", "solo", "level", "activity", "gate")
    }
    asking.send(message("/unsubscribe", listening.port))
    assert eventually(lambda: not server._subscribers, 5)
    for peer in (asking, listening):
        peer.socket.close()


def test_who_moves_a_fader_is_told_only_if_it_went_elsewhere(control, peer):
    peer.send(message("/subscribe"))
    peer.all()
    peer.send(message("/stem/vocals/gain", 99.0))
    assert peer.until("/stem/vocals/gain") == 12.0
    peer.send(message("/stem/vocals/gain", -5.0))
    assert "/stem/vocals/gain" not in peer.all()
    assert control.get("/stem/vocals/gain") == -5.0


def test_listens_on_loopback_unless_asked(server):
    assert server.address[0] == "127.0.0.1"


def test_a_port_in_use_is_told(control, server):
    with pytest.raises(UserError, match="--osc PORT"):
        OscServer(control, port=server.address[1])


def test_stop_ends_the_thread_and_the_subscription(control):
    made = OscServer(control, port=0)
    made.start()
    made.stop()
    made.stop()
    control.set("/stem/vocals/gain", -1.0)
    assert control.failures == 0
