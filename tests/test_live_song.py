"""A song played live: the same path as the device's input, to its last sample, and a clean end."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.errors import UserError
from rtiass.live.device import list_devices, portaudio
from rtiass.live.ring import RING, SOURCE_AT, SOURCE_END, SOURCE_READ, SOURCE_WRITTEN, AudioBlock
from rtiass.live.source import SongFeeder
from rtiass.live.status import ENDED

RUN = "import sys; from rtiass.cli import main; sys.argv[0] = 'rtiass'; main()"


@pytest.mark.jack
def test_song_ends_by_itself(make_rig: Any, tmp_path: Path) -> None:  # noqa: F811
    rig = make_rig(block=512)
    song = tmp_path / "song.wav"
    soundfile.write(song, music(44100), 44100, subtype="FLOAT")
    host = rig.host(song=str(song), freewheel=False)
    assert eventually(lambda: host.status.phase == ENDED, 8) is not None
    assert host.exit_code == 0
    assert host.state.get("song_position") == 44100
    assert host.state.get("song_length") == 44100
    # The song and its tail: what was still on its way when the song's last sample went in.
    assert host.state.get("captured") >= 44100 + host.latency()["host_samples"]
    assert host.state.get("starved") == 0


def test_no_device_is_told_in_a_sentence(tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    with contextlib.suppress(UserError):
        if any(device.outputs for device in list_devices(portaudio())):
            pytest.skip("there is an audio device here, and the song would be heard")
    song = tmp_path / "song.wav"
    soundfile.write(song, music(4410), 44100)
    done = subprocess.run(
        [sys.executable, "-c", RUN, "karaoke", str(song), "--model", str(tiny_bundle)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    # Whether PortAudio or the device is missing, the way out is the same.
    assert "-o FILE" in " ".join(done.stderr.split())


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (22050, 1), (48000, 2)])
def test_feeder_gives_the_song(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "song.wav"
    sound = music(rate // 2, channels)
    soundfile.write(path, sound, rate, subtype="FLOAT")
    block = AudioBlock(0, 2)
    feeder = SongFeeder(path, block, 44100)
    feeder.start()
    feeder.join(10)
    head = block.counters
    assert head[SOURCE_END] == head[SOURCE_WRITTEN] == feeder.length == 22050
    start = int(head[SOURCE_AT])
    got = block.samples[start : start + 2 * 22050].reshape(-1, 2)
    if rate == 44100:
        np.testing.assert_array_equal(got, sound)
    else:
        assert np.abs(got).max() > 0.05


def test_feeder_waits_for_room(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, music(RING + 30000, 1), 44100)
    block = AudioBlock(0, 2)
    feeder = SongFeeder(path, block, 44100)
    feeder.start()
    assert feeder.filled.wait(10)
    assert eventually(lambda: block.source_room < 8192, 10) is not None
    assert feeder.is_alive()
    block.counters[SOURCE_READ] = 60000
    feeder.join(10)
    assert block.counters[SOURCE_END] == RING + 30000
