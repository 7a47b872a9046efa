"""The child killed or stopped, and the whole machine asleep for a while: playing goes on by itself, the take is whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture
from record_loop import read_take

from rtiass.live import host as hosts
from rtiass.live.status import LOST, PLAYING

pytestmark = pytest.mark.jack

HOST = """
import itertools, json, sys
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions
host = LiveHost(LiveOptions.from_json(sys.stdin.readline()))
host.start()
host.wait_until_playing(120)
for line in itertools.chain([None], sys.stdin):
    get = host.state.get
    told = {"child": host._child.pid, "phase": host.status.phase, "restarts": host.status.restarts,
            "captured": get("captured"), "recorded": get("recorded_frames"), "notes": host.status.notes}
    print(json.dumps(told), flush=True)
host.close()
"""


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def test_a_child_that_is_killed_or_stopped_is_started_anew(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=512)
    host = rig.host(freewheel=False)
    for restarts, how in enumerate((signal.SIGKILL, signal.SIGSTOP), 1):
        first = host._child.pid
        os.kill(first, how)
        assert eventually(lambda: host.status.phase == LOST, 10) is not None
        assert (
            eventually(lambda now=restarts: host.status.phase == PLAYING and host.status.restarts == now, 30)
            is not None
        )
        assert host._child.pid != first
        assert not Path(f"/proc/{first}").exists()
    sound = music(20000)
    sound[0] = 0.5
    assert rig.play(sound, freewheel=False).any()


def test_all_stand_still_and_go_on(make_rig: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:  # noqa: F811
    rig = make_rig(block=512)
    home = tmp_path / "takes"
    options = rig.options(record=str(home), record_tracks=("vocals", "input"), freewheel=False)
    process = subprocess.Popen([sys.executable, "-c", HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    request.addfinalizer(process.kill)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(options.to_json() + "\n")
    process.stdin.flush()
    json.loads(process.stdout.readline())

    def ask() -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("?\n")
        process.stdin.flush()
        return dict(json.loads(process.stdout.readline()))

    assert eventually(lambda: ask()["recorded"] > 20000, 20) is not None
    for server_too in (True, False):
        asleep = family(process.pid) + ([rig.server.process.pid] if server_too else [])
        for pid in reversed(asleep):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(hosts.SILENT_CHILD + 0.5)
        for pid in asleep:
            # Those who look find the server not yet awake.
            time.sleep(0.2 * (pid == rig.server.process.pid))
            os.kill(pid, signal.SIGCONT)
        before = ask()["captured"]
        # A server that stayed awake may have thrown the sleeper out; then it joins again.
        assert eventually(lambda now=before: plays_on(ask(), now), 30) is not None
        if server_too:
            # Asleep together, awake together: nothing was wrong with the child.
            assert ask()["restarts"] == 0
    told = ask()
    process.stdin.close()
    assert process.wait(10) == 0
    assert eventually(lambda: len(list(home.rglob("take.toml"))) == told["restarts"] + 1, 20) is not None
    for folder in sorted(home.iterdir()):
        card, tracks = read_take(folder)
        assert card["complete"]
        assert {len(values) for values in tracks.values()} == {card["frames"]}
        assert all(np.isfinite(values).all() for values in tracks.values())


def plays_on(told: dict[str, Any], before: int) -> bool:
    """It plays, and takes in more: a new child counts from 0."""
    captured = told["captured"]
    return bool(told["phase"] == PLAYING and captured > 10000 and (captured > before + 10000 or captured < before))
