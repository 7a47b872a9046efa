"""The server dies during a song: when it is back the song goes on where it was, not from its beginning."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import soundfile
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.live.status import ENDED, LOST, PLAYING

pytestmark = pytest.mark.jack


def test_song_goes_on(make_rig: Any, tmp_path: Path) -> None:  # noqa: F811
    rig = make_rig(block=512)
    song = tmp_path / "song.wav"
    soundfile.write(song, music(4 * 44100), 44100)
    host = rig.host(song=str(song), freewheel=False)
    assert eventually(lambda: host.state.get("song_position") > 2 * 44100, 6) is not None
    rig.server.stop(signal.SIGKILL)
    assert eventually(lambda: host.status.phase == LOST, 2.0) is not None
    rig.server.start()
    assert eventually(lambda: host.status.phase == PLAYING, 20) is not None
    begun = host.state.get("song_position")
    assert begun > 44100
    assert eventually(lambda: host.status.phase == ENDED, 8) is not None
    assert host.state.get("song_position") == 4 * 44100
    assert host.exit_code == 0
