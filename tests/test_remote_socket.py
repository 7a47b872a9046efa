"""Web remote: what page and host say to each other."""

from __future__ import annotations

import json

import pytest
from remote_client import connect, until

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")

from websockets.exceptions import ConnectionClosed

from rtiass.control.remote.gatekeeper import MAX_MESSAGE
from rtiass.control.taper import level_at

pytest_plugins = ["remote_client"]

GAIN = "/stem/vocals/gain"


@pytest.fixture
def socket(start_remote, control):
    with connect(start_remote(host_status=lambda: {"scenes": ["verse"], "text": ""})) as made:
        made.greeting = json.loads(made.recv(10))
        yield made


def changed(path):
    return lambda message: message.get("changes", {}).get(path)


def test_greeting_describes_every_parameter(socket, control):
    greeting = socket.greeting
    told = {parameter["path"]: parameter for parameter in greeting["parameters"]}
    assert set(told) == set(control.parameters)
    assert told[GAIN]["shown"] == [0.0, 0.75, "+0.0 dB"]
    assert told["/mode"]["choices"][0] == "studio"
    assert greeting["taper"][0] == -60.0
    assert [0, 0.75] in greeting["scale"]


def test_a_position_is_set_on_the_taper(socket, control):
    socket.send(json.dumps({"set": GAIN, "position": 0.5}))
    value, position, text = until(socket, changed(GAIN))
    assert value == pytest.approx(level_at(0.5))
    assert position == pytest.approx(0.5)
    assert text == "-12.0 dB"
    assert control.get(GAIN) == pytest.approx(level_at(0.5))


def test_values_switches_choices_scenes_and_triggers(socket, control):
    seen = []
    control.subscribe(lambda change: seen.append((change.path, change.value)))
    wanted = [("/stem/drums/mute", True), ("/mode", "tight"), ("/scene", "verse")]
    for path, value in wanted:
        socket.send(json.dumps({"set": path, "value": value}))
    socket.send(json.dumps({"trigger": "/song/next"}))
    socket.send('{"ping":7}')
    assert until(socket, lambda message: message.get("pong")) == 7
    assert seen == [*wanted, ("/song/next", True)]


def test_changes_of_others_and_meters_come_by_themselves(socket, control):
    index = socket.greeting["meters"].index("/stem/bass/level")
    control.set(GAIN, -6.0, "midi")
    control.publish("/stem/bass/level", -18.0)
    control.publish("/status", "playing")
    changes = {}
    meters = []

    def both(message):
        changes.update(message.get("changes", {}))
        meters.extend([message["meters"][index]] if "meters" in message else [])
        return True if {GAIN, "/status"} <= set(changes) and meters and meters[-1] == -18.0 else None

    assert until(socket, both)


def test_the_hosts_status_is_told(start_remote):
    with connect(start_remote(host_status=lambda: {"scenes": ["verse", "chorus"]})) as made:
        assert until(made, lambda message: message.get("status")) == {"scenes": ["verse", "chorus"]}


@pytest.mark.parametrize(
    "message",
    [
        {"set": "/stem/vocal/gain", "value": 0},
        {"set": "/stem/vocals/level", "value": 0},
        {"set": "/late_masks", "position": 0.5},
        {"set": GAIN, "value": "loud"},
        {"set": GAIN},
        {"set": GAIN, "position": "0.5"},
        {"set": 5, "value": 1},
        {"trigger": GAIN},
        {"other": 1},
        [],
    ],
    ids=str,
)
def test_what_may_not_be_is_answered_with_a_sentence(socket, control, message):
    before, _ = control.values()
    socket.send(json.dumps(message))
    assert until(socket, lambda told: told.get("error")).endswith(".")
    assert control.values()[0] == before


def test_a_message_of_more_than_4_kib_ends_its_connection_alone(start_remote, control):
    remote = start_remote()
    with connect(remote) as large, connect(remote) as other:
        large.send(json.dumps({"set": "/scene", "value": "x" * MAX_MESSAGE}))
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                large.recv(10)
        assert caught.value.rcvd.code == 1009
        other.send(json.dumps({"set": GAIN, "value": -3}))
        assert until(other, changed(GAIN))[0] == -3


def test_too_many_messages_wait_and_none_is_lost(start_remote, control):
    remote = start_remote(rate=50.0)
    with connect(remote) as socket:
        for step in range(60):
            socket.send(json.dumps({"set": GAIN, "value": -0.1 * step}))
        socket.send('{"ping":1}')
        assert until(socket, lambda message: message.get("pong"), 30) == 1
    assert remote.app.counters["delayed"] > 0
    assert control.get(GAIN) == pytest.approx(-5.9)


def test_stop_closes_the_pages_and_frees_the_port(start_remote):
    remote = start_remote()
    with connect(remote) as socket:
        socket.recv(10)
        remote.stop()
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(10)
    with pytest.raises(OSError):
        connect(remote)
