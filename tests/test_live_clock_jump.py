"""The clock on the wall jumps by days, and JACK's own clock by minutes: not a sample is another one."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle, music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture
from record_loop import read_take

from rtiass.separator import StreamingSeparator

pytestmark = pytest.mark.jack

JUMPS = """
import os, random, time
_time, _strftime = time.time, time.strftime
def jumping():
    with open({log!r}, "a") as file:
        file.write(f"{{os.getpid()}}\\n")
    return _time() + random.choice([-86400.0, 0.0, 86400.0, 3.2e8])
time.time = jumping
time.strftime = lambda text, *at: _strftime(text, *(at or (time.localtime(jumping()),)))
"""


def test_the_wall_clock_jumps_at_every_look(make_rig: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """In the child and its recording process, by a module that Python loads by itself; and in this process."""
    site, log = tmp_path / "jumps", tmp_path / "looked"
    site.mkdir()
    (site / "sitecustomize.py").write_text(JUMPS.format(log=str(log)))
    rig = make_rig(block=512)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ["PYTHONPATH"]]))
    real, turn = time.time, [0]

    def jumping() -> float:
        turn[0] += 1
        return real() + (-1) ** turn[0] * 86400.0 * turn[0]

    monkeypatch.setattr(time, "time", jumping)
    host = rig.host(
        mode="tight", record=str(tmp_path / "takes"), record_tracks=("karaoke", "input"), record_format="wav"
    )
    sound = music(60000)
    sound[0] = 0.5
    heard = rig.play(sound)
    late = int(host.latency()["host_samples"])
    assert np.abs(heard[late : late + len(sound)] - sound).max() < 1e-5
    host.recording = False
    assert eventually(lambda: list((tmp_path / "takes").rglob("take.toml")), 20) is not None
    card, take = read_take(next((tmp_path / "takes").iterdir()))
    begin = int(np.flatnonzero(take["input"].any(axis=1))[0])
    assert card["gaps"] == 0
    assert np.array_equal(take["input"][begin : begin + len(sound)], sound)
    separator = StreamingSeparator(
        fake_bundle(), FakeSession(), mode="tight", buses={"karaoke": {"drums": 1.0, "bass": 1.0, "other": 1.0}}
    )
    separator.process(np.zeros((1024 * 40 + (card["start_sample"] + begin) % 1024, 2), np.float32))
    made = separator.process(np.concatenate([sound, np.zeros((separator.latency_samples, 2), np.float32)]))["karaoke"]
    wanted = made[separator.latency_samples :]
    assert np.abs(take["karaoke"][begin : begin + len(sound)] - wanted).max() < 1e-6
    assert host.status.restarts == 0
    # The jumping clock was there: the name of the take was made with it.
    assert log.read_text().split()


def test_jacks_clock_runs_away_and_comes_back(make_rig: Any) -> None:  # noqa: F811
    """Freewheeling, a minute of JACK's time goes by in a second: a host in real time can't follow, and finds back."""
    rig = make_rig(block=512)
    host = rig.host(freewheel=False, mode="tight", mask_delay=1)
    minute = music(10 * 44100)
    minute[0] = 0.5
    rig.play(minute, freewheel=True)
    assert eventually(lambda: host.state.get("captured") > len(minute), 20) is not None
    assert host.state.get("underruns") > 0  # it was too fast for it, and that is counted
    sound = music(2 * 44100, seed=2)
    sound[0] = 0.5
    for _ in range(5):
        before = [host.state.get(name) for name in ("lost_input", "underruns")]
        heard = rig.play(sound, freewheel=False)
        late = int(host.latency()["host_samples"])
        # A busy machine may lose a period of its own; then it is tried again.
        if before == [host.state.get(name) for name in ("lost_input", "underruns")] and rig.xruns == 0:
            break
    assert np.abs(heard[late : late + len(sound)] - sound).max() < 1e-5
    assert host.status.restarts == 0
