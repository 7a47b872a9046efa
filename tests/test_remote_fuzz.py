"""100,000 hostile WebSocket messages: nothing is raised, and only what may be set is changed. Guests change nothing."""

from __future__ import annotations

import json
import random
import socket as sockets
import threading

import pytest
from remote_client import connect, eventually, host, until
from websockets.exceptions import ConnectionClosed

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")

from rtiass.control.remote.protocol import understand

pytest_plugins = ["remote_client"]

MESSAGES = 100_000
FRAMES = 10_000
VALUES = [
    0,
    -6.5,
    1e400,
    -1e400,
    float("nan"),
    10**300,
    True,
    None,
    "",
    "off",
    "x" * 300,
    "\ud800",
    "\x00",
    [],
    {},
    [[1]],
    "live",
    0.5,
]


def message(rng: random.Random, paths: list[str]) -> str:
    kind = rng.random()
    if kind < 0.1:
        return "".join(chr(rng.choice([rng.randrange(128), rng.randrange(0xD800)])) for _ in range(rng.randrange(40)))
    if kind < 0.12:
        return rng.choice(["[", '{"a":']) * rng.randrange(3000)
    path = rng.choice([*paths, *paths, *paths, "/no/such", "", 5, None, ["/mode"], "/" * 500])
    content = {rng.choice(["set", "set", "set", "trigger", "ping", "hello", "x"]): path}
    if rng.random() < 0.8:
        content[rng.choice(["value", "value", "position", "position", "ping", "set"])] = rng.choice(VALUES)
    text = json.dumps(content)
    if rng.random() < 0.2:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(['"', "}", "\\", "9" * 50, "\x00", ""]) + text[at + 1 :]
    return text


def untouched(control):
    return {path: control.get(path) for path, parameter in control.parameters.items() if not parameter.writable}


@pytest.mark.parametrize(("may_set", "count"), [(True, MESSAGES), (False, MESSAGES // 10)], ids=["owner", "guest"])
def test_hostile_messages_do_no_harm(control, may_set, count):
    rng = random.Random(7)
    paths = list(control.parameters)
    shown = untouched(control)
    answers = 0
    for _ in range(count):
        answer = understand(control, message(rng, paths), may_set=may_set, source="fuzz")
        answers += answer is not None
        json.dumps(answer, allow_nan=False)
    assert answers > count / 10
    assert untouched(control) == shown
    assert control.failures == 0
    assert (control.revision > count / 100) if may_set else (control.revision == 0)
    for path, parameter in control.parameters.items():
        assert parameter.check(control.get(path)) == control.get(path)


def test_hostile_frames_leave_the_server_serving(start_remote, control):
    remote = start_remote(rate=1e9)
    rng = random.Random(8)
    paths = list(control.parameters)
    shown = untouched(control)
    with connect(remote) as socket:
        everything = threading.Event()

        def drain() -> None:
            for told in socket:
                if '"pong": 77' in told:
                    everything.set()

        reader = threading.Thread(target=drain, daemon=True)
        reader.start()
        for _ in range(FRAMES):
            text = message(rng, paths).encode("utf-8", "replace")[:4000]
            socket.send(text if rng.random() < 0.1 else text.decode())
        socket.send('{"ping":77}')
        assert everything.wait(60)
    reader.join(20)
    assert untouched(control) == shown
    with connect(remote) as socket:
        control.set("/bypass", not control.get("/bypass"))
        assert until(socket, lambda told: told.get("hello"))
        socket.send('{"ping":3}')
        assert until(socket, lambda told: told.get("pong")) == 3
    assert remote.app.counters["received"] > FRAMES


def test_bytes_that_are_no_websocket_leave_the_server_serving(start_remote, control):
    remote = start_remote()
    rng = random.Random(9)
    head = f"GET /ws HTTP/1.1\r\nHost: {host(remote)}\r\nOrigin: http://{host(remote)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    for turn in range(60):
        with sockets.create_connection(("127.0.0.1", remote.port), timeout=10) as raw:
            try:
                raw.sendall((head if turn % 2 else b"") + rng.randbytes(rng.randrange(300)))
            except OSError:
                continue

    def served():
        try:
            with connect(remote) as socket:
                return until(socket, lambda told: told.get("hello"))
        except ConnectionClosed:
            return None  # the server is still busy with the last of them, and says so

    assert eventually(served, 20) is not None
