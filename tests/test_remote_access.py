"""Web remote: who is let in. Host and origin, pairing, guests, numbers of clients, headers."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from remote_client import connect, host, pair, request, until

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")

from websockets.exceptions import ConnectionClosed, InvalidStatus

from rtiass.control.remote.gatekeeper import MAX_CLIENTS, Bucket, host_allowed, is_loopback
from rtiass.control.remote.pairing import FIRST_CLOSED, GUEST, MAX_TOKENS, OWNER, TRIES, Pairing

pytest_plugins = ["remote_client"]

GAIN = "/stem/vocals/gain"


def hello(socket):
    return until(socket, lambda message: message if "hello" in message else None)


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/static/style.css", "/nowhere"])
def test_every_answer_has_the_security_headers(start_remote, path):
    _, headers, _ = request(start_remote(), "GET", path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_page_has_nothing_inline_and_nothing_from_elsewhere(start_remote):
    _, _, page = request(start_remote(), "GET", "/")
    text = page.decode()
    assert "<style" not in text
    assert "style=" not in text
    assert "onclick" not in text
    assert "://" not in text


@pytest.mark.parametrize("path", ["/static/..%2fapp.py", "/static/../app.py", "/static/%2e%2e/app.py", "//etc/passwd"])
def test_only_files_of_the_page_are_given(start_remote, path):
    status, _, body = request(start_remote(), "GET", path)
    assert status == 404
    assert b"import" not in body


@pytest.mark.parametrize(
    "name",
    ["evil.example", "evil.example:{port}", "localhost:1", "", "127.0.0.1.evil.example:{port}", "192.168.1.2:{port}"],
)
def test_pages_under_other_names_get_nothing(start_remote, name):
    remote = start_remote()
    status, _, body = request(remote, "GET", "/", Host=name.format(port=remote.port))
    assert status == 421
    assert b"<html" not in body


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", None, "https://127.0.0.1:{port}", "http://127.0.0.1"]
)
def test_sockets_from_other_origins_are_refused(start_remote, origin):
    remote = start_remote()
    with pytest.raises(InvalidStatus) as caught:
        connect(remote, origin=origin.format(port=remote.port) if origin else None)
    assert caught.value.response.status_code == 403


def test_pairing_from_another_origin_is_refused_even_with_the_code(start_remote):
    remote = start_remote(required=True)
    body = json.dumps({"code": remote.pairing.code}).encode()
    status, headers, _ = request(remote, "POST", "/pair", body, Origin="http://evil.example")
    assert status == 403
    assert "set-cookie" not in headers


def test_without_a_code_a_browser_on_loopback_is_the_owner(start_remote, control):
    with connect(start_remote()) as socket:
        assert hello(socket)["role"] == OWNER


def test_where_a_code_is_needed_nothing_is_told_without(start_remote, control):
    with connect(start_remote(required=True)) as socket:
        assert json.loads(socket.recv(10)) == {"pair": 1}
        with pytest.raises(ConnectionClosed):
            socket.recv(10)


def test_the_code_makes_an_owner_by_a_cookie_out_of_reach_of_scripts(start_remote, control):
    remote = start_remote(required=True)
    body = json.dumps({"code": remote.pairing.code}).encode()
    status, headers, _ = request(remote, "POST", "/pair", body, Origin=f"http://{host(remote)}")
    assert status == 200
    assert "HttpOnly" in headers["set-cookie"]
    assert "samesite=strict" in headers["set-cookie"].lower()
    with connect(remote, headers["set-cookie"].split(";")[0]) as socket:
        assert hello(socket)["role"] == OWNER
        socket.send(json.dumps({"set": GAIN, "value": -9}))
        assert until(socket, lambda message: message.get("changes", {}).get(GAIN))[0] == -9


def test_guests_see_everything_and_change_nothing(start_remote, control):
    remote = start_remote(required=True)
    status, cookie = pair(remote, guest=remote.pairing.guest_key)
    assert status == 200
    with connect(remote, cookie) as socket:
        assert hello(socket)["role"] == GUEST
        for message in ({"set": GAIN, "value": -9}, {"set": GAIN, "position": 0.1}, {"trigger": "/song/next"}):
            socket.send(json.dumps(message))
            assert "Guests" in until(socket, lambda told: told.get("error"))
        control.set("/bypass", True)
        assert until(socket, lambda message: message.get("changes", {}).get("/bypass"))[0] is True
    assert control.get(GAIN) == 0.0
    assert control.revision == 1


def test_after_a_few_wrong_codes_pairing_is_closed_and_the_code_is_another():
    now = [0.0]
    pairing = Pairing(required=True, clock=lambda: now[0])
    told: list[str] = []
    pairing.on_new_code = told.append
    first = pairing.code
    wrong = "000000" if first != "000000" else "000001"
    assert [pairing.pair(wrong) for _ in range(TRIES)] == [None] * TRIES
    assert told == [pairing.code]
    assert pairing.pair(pairing.code) is None
    now[0] += FIRST_CLOSED + 0.1
    token = pairing.pair(pairing.code)
    assert pairing.role(token) == OWNER
    assert pairing.role(token + "x") is None
    assert pairing.role(None) is None


def test_pairing_stays_closed_longer_each_time():
    now = [0.0]
    pairing = Pairing(required=True, clock=lambda: now[0])
    waits = []
    for _ in range(3):
        for _ in range(TRIES):
            pairing.pair("no code")
        waits.append(pairing.closed())
        now[0] += waits[-1] + 1.0
    assert waits == [FIRST_CLOSED, 2 * FIRST_CLOSED, 4 * FIRST_CLOSED]


def test_many_guests_push_no_owner_out():
    pairing = Pairing(required=True)
    owner = pairing.pair(pairing.code)
    for _ in range(2 * MAX_TOKENS):
        pairing.visit(pairing.guest_key)
    assert pairing.role(owner) == OWNER


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"code": 1}', b'{"code": "\xc3\xa4"}', b'{"code": "\\ud800"}', b"x" * 5000, b"[" * 1000],
)
def test_bodies_that_are_no_code_are_refused(start_remote, body):
    remote = start_remote(required=True)
    status, headers, _ = request(remote, "POST", "/pair", body, Origin=f"http://{host(remote)}")
    assert status == 403
    assert "set-cookie" not in headers


def test_one_client_too_many_is_told_so_and_the_others_stay(start_remote, control):
    remote = start_remote()
    with ExitStack() as stack:
        sockets = [stack.enter_context(connect(remote)) for _ in range(MAX_CLIENTS)]
        for socket in sockets:
            hello(socket)
        with connect(remote) as further:
            assert json.loads(further.recv(10)) == {"full": 1}
        control.set("/bypass", True)
        assert until(sockets[0], lambda message: message.get("changes", {}).get("/bypass"))


def test_numbers_are_right_on_a_network_and_names_are_not():
    assert host_allowed("192.168.1.20:8700", 8700, loopback=False)
    assert host_allowed("[fe80::1]:8700", 8700, loopback=False)
    assert not host_allowed("rebound.example:8700", 8700, loopback=False)
    assert not host_allowed("user@127.0.0.1:8700", 8700, loopback=False)
    assert not host_allowed("[:8700", 8700, loopback=False)


def test_a_bucket_lets_its_rate_through():
    now = [0.0]
    bucket = Bucket(rate=10.0, size=5.0, clock=lambda: now[0])
    assert [bucket.take() for _ in range(5)] == [0.0] * 5
    assert bucket.take() == pytest.approx(0.1)
    now[0] += 0.6
    assert bucket.take() == 0.0


def test_loopback_is_the_default_and_networks_need_a_code():
    assert is_loopback("127.0.0.1")
    assert not is_loopback("0.0.0.0")


def test_on_a_network_the_invitation_has_code_qr_and_guest_link(control):
    from rtiass.control.remote.server import Remote

    remote = Remote(control, address="0.0.0.0", port=0)
    text = remote.invitation()
    assert remote.pairing.required
    assert f"code {remote.pairing.code}" in text
    assert f"#guest={remote.pairing.guest_key}" in text
    assert any(sign in text for sign in "▀▄█")
    remote.stop()
