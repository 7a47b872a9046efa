"""OSC and web remote for a host: addresses, options whose value may be left out, opened and closed together."""

from __future__ import annotations

import math
import socket
from types import SimpleNamespace

import pytest

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")
pytest.importorskip("pythonosc", reason="python-osc is not installed (pip install 'rtiass[osc]')")

from rtiass.control.control import Control
from rtiass.control.network import NetworkSurfaces, fill_in, host_status, parse_place
from rtiass.control.vocabulary import vocabulary
from rtiass.errors import UserError


def make_host(driver=5.0):
    return SimpleNamespace(
        control=Control(vocabulary(("vocals", "other"), ("mix",))),
        status=SimpleNamespace(text="", notes=("a note",)),
        latency=lambda: {"driver_input": driver, "driver_output": 6.0, "host": 46.0, "host_samples": 2048.0},
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9", ("127.0.0.1", 9)),
        (":9", ("127.0.0.1", 9)),
        ("0.0.0.0", ("0.0.0.0", 8700)),
        ("0.0.0.0:9", ("0.0.0.0", 9)),
        ("[::1]:9", ("::1", 9)),
        ("::1", ("::1", 8700)),
        ("", ("127.0.0.1", 8700)),
    ],
)
def test_addresses(text, place):
    assert parse_place(text, 8700, "--remote") == place


@pytest.mark.parametrize("text", ["a:b", "1.2.3.4:70000", "[::1]x"])
def test_what_is_no_address_is_told(text):
    with pytest.raises(UserError, match=r"--remote 0\.0\.0\.0:8700"):
        parse_place(text, 8700, "--remote")


@pytest.mark.parametrize(
    ("arguments", "filled"),
    [
        (["--osc"], ["--osc=9000"]),
        (["--osc", "--remote"], ["--osc=9000", "--remote=8700"]),
        (["--remote", "song.wav"], ["--remote=8700", "song.wav"]),
        (["--remote", "0.0.0.0:9", "song.wav"], ["--remote", "0.0.0.0:9", "song.wav"]),
        (["--osc", "9100"], ["--osc", "9100"]),
        (["--remote", "[::]:9"], ["--remote", "[::]:9"]),
        (["--remote", "studio.local:9"], ["--remote", "studio.local:9"]),
        (["--osc=9100", "--", "--osc"], ["--osc=9100", "--", "--osc"]),
    ],
    ids=str,
)
def test_a_value_may_be_left_out_and_a_song_is_none(arguments, filled):
    assert fill_in(arguments) == filled


def test_both_open_and_close_together():
    surfaces = NetworkSurfaces(make_host(), osc="0", remote="0")
    osc, remote = surfaces.osc.address, surfaces.remote.port
    assert len(surfaces.lines) == 2
    surfaces.close()
    surfaces.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(osc)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", remote), 2)


def test_when_one_fails_the_other_is_closed():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with pytest.raises(UserError, match="--remote"):
            NetworkSurfaces(make_host(), osc=str(port), remote=str(taken.getsockname()[1]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", port))


def test_a_new_code_is_said():
    said = []
    with NetworkSurfaces(make_host(), remote="0", say=said.append) as surfaces:
        for _ in range(5):
            surfaces.remote.pairing.pair("no code")
        assert surfaces.remote.pairing.code in said[0]


def test_the_drivers_latency_is_left_out_where_it_is_not_told():
    assert host_status(make_host(), lambda: ["verse"], lambda: ("one", "two")) == {
        "text": "",
        "notes": ["a note"],
        "scenes": ["verse"],
        "songs": ["one", "two"],
        "latency": {"driver_input": 5.0, "driver_output": 6.0},
    }
    assert "latency" not in host_status(make_host(math.nan), tuple)
