"""Scenes are saved and songs are called from OSC and MIDI, and what comes of it is told to who listens."""

from __future__ import annotations

import socket
import time

import pytest
from midi_fakes import make_engine
from remote_client import eventually

from rtiass.control import Control, vocabulary
from rtiass.control.scenefile import read_scenes
from rtiass.control.show import Show

GAIN = "/stem/vocals/gain"

MAP = """\
[[control]]
note = 40
path = "/scene/save"
value = "Pad"
[[control]]
note = 41
path = "/scene/update"
[[control]]
note = 42
path = "/song/wait"
[[control]]
note = 43
path = "/song/next"
"""


@pytest.fixture
def control():
    return Control(vocabulary(("vocals", "drums"), ["mix"], song=True))


@pytest.fixture
def show(control, tmp_path):
    (tmp_path / "s.toml").write_text(f'[scenes.Verse]\n"{GAIN}" = -3\n')
    (tmp_path / "l.toml").write_text('[[songs]]\ntitle = "One"\n[[songs]]\ntitle = "Two"\n')
    with Show(control, scenes=tmp_path / "s.toml", setlist=tmp_path / "l.toml") as made:
        yield made


@pytest.fixture
def peer(control, show):
    """Somebody who has subscribed by OSC: sends, and waits for an answer at an address."""
    pytest.importorskip("pythonosc", reason="python-osc is not installed (pip install 'rtiass[osc]')")
    from pythonosc.osc_message import OscMessage
    from pythonosc.osc_message_builder import OscMessageBuilder

    from rtiass.control.osc import OscServer

    server = OscServer(control, port=0)
    server.start()

    class Peer(socket.socket):
        def say(self, address, *values):
            builder = OscMessageBuilder(address)
            for value in values:
                builder.add_arg(value)
            self.sendto(builder.build().dgram, server.address)

        def hear(self, address, words):
            limit = time.monotonic() + 10
            while time.monotonic() < limit:
                self.settimeout(10)
                message = OscMessage(self.recv(65536))
                if message.address == address and words in str(message.params[0]):
                    return message.params[0]
            raise AssertionError(f"{address} was not told")

    with Peer(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.say("/subscribe")
        made.hear("/message", "")
        yield made
    server.stop()
    assert server.counters["faults"] == 0


def test_osc_saves_and_is_told(peer, control, show):
    peer.say(GAIN, -7.5)
    peer.say("/scene/save", "Solo")
    assert "Scene 2, 'Solo', is saved" in peer.hear("/message", "Solo")
    assert read_scenes(show.book.path)["Solo"].values[GAIN] == -7.5
    peer.say(GAIN, -8.5)
    peer.say("/scene/update", 1)
    peer.say("/scene/update", 0)
    assert eventually(lambda: read_scenes(show.book.path)["Solo"].values[GAIN] == -8.5, 10)


def test_osc_is_told_what_went_wrong_and_when_it_is_over(peer, show):
    folder = show.book.path.parent
    away = folder.with_name(folder.name + "-away")
    folder.rename(away)
    peer.say("/scene/save", "Solo")
    told = peer.hear("/trouble", "s.toml can't be written")
    assert told.endswith(".")
    away.rename(folder)
    peer.say("/scene/save", "Solo")
    peer.hear("/message", "'Solo', is saved")
    assert list(read_scenes(show.book.path)) == ["Verse", "Solo"]


def test_osc_calls_songs_and_reads_their_titles(peer):
    peer.say("/song/next", 1)
    assert peer.hear("/song/title", "Two") == "Two"
    peer.say("/song/index", 0)
    assert peer.hear("/song/title", "One") == "One"


def test_midi_saves_by_a_pad(control, show):
    engine = make_engine(MAP, control)
    control.set(GAIN, -7.0)
    engine.feed(bytes([0x90, 40, 100]))
    assert eventually(lambda: "Pad" in read_scenes(show.book.path), 10)
    assert eventually(lambda: control.get("/scene") == "Pad", 10)
    control.set(GAIN, -9.0)
    engine.feed(bytes([0x90, 41, 100]))
    assert eventually(lambda: read_scenes(show.book.path)["Pad"].values[GAIN] == -9, 10)
    engine.feed(bytes([0x90, 42, 100]))
    engine.feed(bytes([0x90, 43, 100]))
    assert control.get("/song/wait") is True
    assert eventually(lambda: control.get("/song/title") == "Two", 10)
