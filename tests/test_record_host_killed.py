"""The host killed outright while it records: the recording process completes the take by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jack_server import eventually, make_rig  # noqa: F401 - a fixture
from record_loop import read_take

pytestmark = pytest.mark.jack

HOST = """
import sys, time
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions
host = LiveHost(LiveOptions.from_json(sys.stdin.readline()))
host.start()
host.wait_until_playing(120)
print("playing", flush=True)
while host.state.get("recorded_frames") < 44100:
    time.sleep(0.01)
print("recorded", flush=True)
time.sleep(1000)
"""


def test_the_take_is_completed(make_rig: Any, tmp_path: Path) -> None:  # noqa: F811
    rig = make_rig(block=512)
    options = rig.options(record=str(tmp_path / "takes"), record_tracks=("vocals", "input"), freewheel=False)
    process = subprocess.Popen([sys.executable, "-c", HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(options.to_json() + "\n")
    process.stdin.flush()
    assert [process.stdout.readline().strip() for _ in range(2)] == ["playing", "recorded"]
    process.kill()
    process.wait()
    assert eventually(lambda: list(tmp_path.rglob("take.toml")), 20) is not None
    card, tracks = read_take(next((tmp_path / "takes").iterdir()))
    assert card["complete"] and card["frames"] >= 44100
    assert {len(values) for values in tracks.values()} == {card["frames"]}
    assert not np.isnan(tracks["vocals"]).any()
