"""The watch over the child: it is started anew after every loss, a song goes on where it was, nothing stays open."""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jack_server import eventually

from rtiass.live import host as hosts
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions
from rtiass.live.status import FAILED, LOST, PLAYING

# A child without sound: keeps its orders in a file, and does what the script says for its turn.
CHILD = """
import json, os, sys, time
order = sys.stdin.readline()
with open({log!r}, "a") as file:
    file.write(order)
with open({log!r}) as file:
    turn = len(file.readlines())
def say(kind, **values):
    print(json.dumps(dict(type=kind, **values)), flush=True)
def state():
    from rtiass.live.state import SharedState
    return SharedState(int(sys.argv[1]))
def stay():
    shared = state()
    while True:
        shared.put("heartbeat", int(shared.get("heartbeat")) + 1)
        time.sleep(0.1)
{script}
"""

Start = Callable[..., LiveHost]


@pytest.fixture
def start(tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a host whose children run a script."""
    made = []

    def begin(script: str, **options: Any) -> LiveHost:
        program = CHILD.format(log=str(tmp_path / "orders"), script=script)
        monkeypatch.setattr(hosts, "child_command", lambda fd: [sys.executable, "-c", program, str(fd)])
        made.append(LiveHost(LiveOptions(model=str(tiny_bundle), **options)))
        made[-1].start()
        return made[-1]

    yield begin
    for host in made:
        host.close()


def orders(folder: Path) -> list[dict[str, Any]]:
    path = folder / "orders"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_an_error_while_the_device_is_gone_is_a_note(start: Start, tmp_path: Path) -> None:
    host = start("""
if turn == 1:
    say("ready")
    sys.exit(3)
if turn == 2:
    say("error", text="The device was opened too early.", code=2)
    sys.exit(2)
say("ready")
stay()
""")
    assert eventually(lambda: len(orders(tmp_path)) == 3 and host.status.phase == PLAYING, 20) is not None
    assert "The device was opened too early." in host.status.notes
    assert host.exit_code == 0 and host.status.restarts == 1
    assert [order["wait"] for order in orders(tmp_path)] == [False, True, True]


def test_an_error_at_the_start_is_the_end(start: Start) -> None:
    host = start('say("error", text="There is no device.", code=2); sys.exit(2)')
    assert eventually(lambda: host.status.phase == FAILED, 20) is not None
    assert host.status.text == "There is no device." and host.exit_code == 2


def test_a_song_goes_on_where_it_was_after_every_loss(start: Start, tmp_path: Path) -> None:
    host = start(
        """
if turn in (1, 4):
    shared = state()
    shared.put("device_rate", 44100.0)
    shared.put("host_latency", 4410.0)
    shared.put("song_position", 44100 * 10 * turn)
if turn == 2:  # lost again before the song went on
    state().put("device_rate", 44100.0)
if turn < 5:
    if turn in (1, 4):
        say("ready")
    sys.exit(3)
say("ready")
stay()
""",
        song="song.wav",
        start=2.0,
    )
    assert eventually(lambda: len(orders(tmp_path)) == 5 and host.status.phase == PLAYING, 30) is not None
    assert [order["start"] for order in orders(tmp_path)] == pytest.approx([2.0, 9.9, 9.9, 9.9, 39.9])


def test_a_restart_keeps_the_mode(start: Start, tmp_path: Path) -> None:
    host = start("""
say("ready")
while turn == 1 and not state().get("mode") == 2:
    time.sleep(0.01)
if turn == 1:
    sys.exit(4)
stay()
""")
    host.wait_until_playing(20)
    host.mode = "tight"
    assert eventually(lambda: len(orders(tmp_path)) == 2 and host.status.phase == PLAYING, 20) is not None
    assert [order["mode"] for order in orders(tmp_path)] == ["live", "tight"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_nothing_stays_open(start: Start, tmp_path: Path) -> None:
    def opened() -> int:
        found = 0
        for entry in Path("/proc/self/fd").iterdir():
            try:
                found += str(entry.readlink()).startswith(("pipe:", "/memfd:rtiass", tempfile.gettempdir()))
            except OSError:
                continue
        return found

    gc.collect()  # what earlier tests left to the collector must not go while it is counted
    before = opened()
    host = start('say("ready")\nif turn < 3: sys.exit(3)\nstay()')
    assert eventually(lambda: len(orders(tmp_path)) == 3 and host.status.phase == PLAYING, 20) is not None
    assert opened() == before + 5  # the state and its mapping, the child's errors, and two pipes
    host.close()
    # The mapping stays for those who still want to read the figures, and goes with the host.
    assert eventually(lambda: opened() == before + 1, 5) is not None
    host.close()


def test_closing_while_the_device_is_gone_starts_no_child(start: Start, tmp_path: Path) -> None:
    host = start('say("ready"); sys.exit(3)')
    assert eventually(lambda: host.status.phase == LOST, 20) is not None
    host.close()
    count = len(orders(tmp_path))
    assert eventually(lambda: len(orders(tmp_path)) > count, 1.0) is None
    assert not any(thread.name == "rtiass-watch" for thread in threading.enumerate())
