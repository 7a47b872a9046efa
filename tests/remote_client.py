"""A web remote for tests, and a small client of it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from rtiass.control.control import Control
from rtiass.control.vocabulary import vocabulary

STEMS = ("vocals", "drums", "bass", "other")


def needs_remote() -> None:
    for name in ("starlette", "uvicorn", "websockets", "segno"):
        pytest.importorskip(name, reason=f"{name} is not installed (pip install 'rtiass[remote]')")


@pytest.fixture
def control() -> Control:
    return Control(vocabulary(STEMS, ("mix",), True))


@pytest.fixture
def start_remote(control: Control) -> Iterator[Any]:
    """Start a remote on a free port: ``start_remote(required=True, ...)``."""
    needs_remote()
    from rtiass.control.remote.pairing import Pairing
    from rtiass.control.remote.server import Remote

    made = []

    def start(required: bool = False, host_status: Any = dict, **changes: Any) -> Any:
        remote = Remote(control, host_status, port=0, pairing=Pairing(required=required), **changes)
        made.append(remote)
        remote.start()
        return remote

    yield start
    for remote in made:
        remote.stop()
        assert remote.app.counters["faults"] == 0


def host(remote: Any) -> str:
    return f"127.0.0.1:{remote.port}"


def request(
    remote: Any, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", remote.port, timeout=20)
    connection.request(method, path, body, {"Host": host(remote), **headers})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def pair(remote: Any, **wanted: str) -> tuple[int, str]:
    """Status, and the cookie as it is sent back."""
    body = json.dumps(wanted).encode()
    status, headers, _ = request(remote, "POST", "/pair", body, Origin=f"http://{host(remote)}")
    return status, headers.get("set-cookie", "").split(";")[0]


def connect(remote: Any, cookie: str = "", **changes: Any) -> Any:
    from websockets.sync.client import connect as open_socket

    headers = {"Cookie": cookie} if cookie else {}
    options = {"origin": f"http://{host(remote)}", "additional_headers": headers, "open_timeout": 20, **changes}
    return open_socket(f"ws://{host(remote)}/ws", **options)


def until(socket: Any, wanted: Any, seconds: float = 10.0) -> Any:
    """The first message for which ``wanted`` gives something."""
    limit = time.monotonic() + seconds
    while (left := limit - time.monotonic()) > 0:
        if (found := wanted(json.loads(socket.recv(left)))) is not None:
            return found
    raise AssertionError("it was not told")


def eventually(condition: Any, seconds: float) -> float | None:
    """Wait until a condition holds; the time it took, or None."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if condition():
            return time.monotonic() - begun
        time.sleep(0.01)
    return None
