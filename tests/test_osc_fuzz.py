"""100,000 hostile OSC packets: nothing is raised, nothing hangs, and only what may be set is changed."""

from __future__ import annotations

import random
import struct

import pytest

pytest.importorskip("pythonosc", reason="python-osc is not installed (pip install 'rtiass[osc]')")

from pythonosc.osc_message_builder import OscMessageBuilder

from rtiass.control.control import Control
from rtiass.control.osc import MAX_SCHEDULED, MAX_SUBSCRIBERS, OscServer
from rtiass.control.oscwire import BadPacket, unpack
from rtiass.control.vocabulary import vocabulary

PACKETS = 100_000
HEAD = b"#bundle\x00"


def text(value: bytes) -> bytes:
    return value + b"\x00" * (4 - len(value) % 4)


def packet(rng: random.Random, paths: list[str], depth: int = 0) -> bytes:
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.25 and depth < 12:
        tag = rng.choice([1, 0, rng.getrandbits(64), 0xE0000000 << 32])
        parts = [packet(rng, paths, depth + 1) for _ in range(rng.randrange(4))]
        sizes = [len(part) if rng.random() < 0.8 else rng.choice([-4, -8, 0, 3, 1 << 30]) for part in parts]
        return (
            HEAD
            + struct.pack(">Q", tag)
            + b"".join(struct.pack(">i", s) + p for s, p in zip(sizes, parts, strict=True))
        )
    if kind < 0.6:
        address = rng.choice([*paths, "/subscribe", "/unsubscribe", "/stem/*/gain", "/*/[", "/[!", "/" + "*a" * 100])
        tags = "".join(rng.choice("ifdhsbTFNItrm[]x") for _ in range(rng.randrange(4)))
        body = rng.randbytes(rng.choice([0, 4, 8, 16, 64]))
        return text(address.encode()) + text(b"," + tags.encode()) + body
    builder = OscMessageBuilder(rng.choice(paths) + rng.choice(["", "", "/position"]))
    value = rng.choice([-1e30, 0.5, float("nan"), float("inf"), 3, True, "off", "mute", "", "x" * 300])
    if rng.random() < 0.9:
        builder.add_arg(value)
    data = bytearray(builder.build().dgram)
    if rng.random() < 0.5:
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.2 else data)


def test_hostile_packets_do_no_harm():
    control = Control(vocabulary(("vocals", "drums", "other"), ("mix",), True))
    server = OscServer(control, port=0)
    shown = {path: control.get(path) for path, parameter in control.parameters.items() if not parameter.writable}
    rng = random.Random(5)
    paths = list(control.parameters)
    sender = server.address
    # Answers go to the server's own port, where nobody reads them.
    for _ in range(PACKETS):
        server.handle(packet(rng, paths), sender)
    assert server.counters["received"] == PACKETS
    assert server.counters["malformed"] > PACKETS / 10
    assert control.revision > PACKETS / 100
    assert control.failures == 0
    assert {path: control.get(path) for path in shown} == shown
    for path, parameter in control.parameters.items():
        assert parameter.check(control.get(path)) == control.get(path)
    assert len(server._subscribers) <= MAX_SUBSCRIBERS
    assert len(server._scheduled) <= MAX_SCHEDULED
    server.stop()


@pytest.mark.parametrize("size", [-4, -8, 0, 5, 2**31 - 1])
def test_elements_of_impossible_sizes_end_the_packet(size):
    with pytest.raises(BadPacket):
        unpack(HEAD + struct.pack(">Qi", 1, size) + b"/abc\x00\x00\x00\x00")


def test_bundles_may_not_be_nested_for_ever():
    data = HEAD + struct.pack(">Q", 1)
    for _ in range(300):
        data = HEAD + struct.pack(">Qi", 1, len(data)) + data
    with pytest.raises(BadPacket):
        unpack(data)
