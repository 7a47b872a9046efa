"""A set list of files in the live host: from song to song by itself and by call, through a missing file and a crash."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.control.show import Show
from rtiass.live.commands import _player
from rtiass.live.host import LiveHost
from rtiass.live.status import LOST, PLAYING

pytestmark = pytest.mark.jack

LIST = """\
[[songs]]
title = "One"
file = "one.wav"
scene = "Loud"
[[songs]]
title = "Gone"
file = "gone.wav"
[[songs]]
title = "Three"
file = "three.wav"
vocals = -9
[[songs]]
title = "Long"
file = "long.wav"
"""


@pytest.fixture
def play(make_rig: Any, tmp_path: Path) -> Iterator[Any]:  # noqa: F811
    """Start the show in the folder: server, host, show."""
    for name, seconds in (("one", 1), ("three", 1), ("long", 8)):
        soundfile.write(tmp_path / f"{name}.wav", music(seconds * 44100), 44100)
    (tmp_path / "l.toml").write_text(LIST)
    (tmp_path / "s.toml").write_text('[scenes.Loud]\n"/stem/drums/gain" = 6\n')
    shows: list[Show] = []

    def start() -> tuple[Any, LiveHost, Show]:
        rig = make_rig(block=512)
        first = str(tmp_path / "one.wav")
        host = LiveHost(rig.options(song=first, songs=True, playlist=True, freewheel=False))
        rig.hosts.append(host)
        show = Show(host.control, scenes=tmp_path / "s.toml", setlist=tmp_path / "l.toml", play=_player(host))
        shows.append(show)
        assert show.songs is not None
        host.song_over = show.songs.over
        host.start()
        host.wait_until_playing(120)
        return rig, host, show

    yield start
    for show in shows:
        show.close()


def title(host: LiveHost, name: str, seconds: float = 8.0) -> bool:
    return eventually(lambda: host.control.get("/song/title") == name, seconds) is not None


def test_from_song_to_song(play: Any) -> None:
    _, host, _ = play()
    get = host.control.get
    assert (get("/song/title"), get("/scene"), get("/stem/drums/gain")) == ("One", "Loud", 6)
    assert title(host, "Three"), "at the end of the first the second is missing and the third begins"
    assert "Gone" in str(get("/trouble")) and get("/stem/vocals/gain") == -9
    host.control.set("/song/wait", True, "keys")
    assert eventually(lambda: "waits until it is called" in str(get("/message")), 8) is not None
    # The whole song was handed on, and the host goes on without one.
    assert host.state.get("song_position") == host.state.get("song_length") == 44100
    assert host.status.phase == PLAYING
    host.control.trigger("/song/next", "keys")
    assert title(host, "Long")
    assert eventually(lambda: host.state.get("song_position") > 44100, 8) is not None
    host.control.set("/song/index", 1, "osc")
    assert eventually(lambda: "'Gone', can't be played" in str(get("/trouble")), 8) is not None
    before = host.state.get("song_position")
    assert eventually(lambda: host.state.get("song_position") > before, 8) is not None
    host.control.set("/song/index", 0, "osc")
    assert title(host, "One")
    assert eventually(lambda: host.state.get("song_length") == 44100, 8) is not None
    assert host.state.get("starved") == 0
    assert host.status.phase == PLAYING and host.control.failures == 0


def test_the_server_dies_and_the_song_that_was_called_goes_on(play: Any) -> None:
    rig, host, _ = play()
    host.control.set("/song/index", 3, "osc")
    assert title(host, "Long")
    assert eventually(lambda: host.state.get("song_length") == 8 * 44100, 8) is not None
    assert eventually(lambda: host.state.get("song_position") > 2 * 44100, 8) is not None
    rig.server.stop(signal.SIGKILL)
    assert eventually(lambda: host.status.phase == LOST, 4) is not None
    rig.server.start()
    assert eventually(lambda: host.status.phase == PLAYING, 30) is not None
    assert eventually(lambda: host.state.get("song_position") > 0, 8) is not None
    assert host.state.get("song_length") == 8 * 44100
    assert 44100 < host.state.get("song_position") < 5 * 44100
    assert eventually(lambda: "It was the last song" in str(host.control.get("/message")), 12) is not None
    assert host.status.phase == PLAYING


def test_a_file_that_vanishes_while_it_is_being_called_costs_no_sound(play: Any, tmp_path: Path) -> None:
    _, host, _ = play()
    # Past the check: what the child can't open leaves the song before playing, and its end leads on.
    host.play(tmp_path / "vanished.wav")
    assert eventually(lambda: any("vanished.wav" in note for note in host.status.notes), 8) is not None
    assert title(host, "Three")
    assert host.status.phase == PLAYING
