"""The host has a model compiled beside the show, tells the child of it, also a new one, and leaves no process behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from building_engine import install_building_engine
from jack_server import eventually
from test_live_supervisor import orders, start  # noqa: F401 - a fixture

from rtiass.live.host import LiveHost
from rtiass.live.status import PLAYING

PLAY = """
import threading
say("ready", engine="first", engine_why="it plays meanwhile",
    engine_order=dict(model={model!r}, build="building", measure=[]))
def listen():
    for line in sys.stdin:
        with open({log!r} + ".lines", "a") as file:
            file.write(line)
        if line.startswith('{{"engine"'):
            if turn == 1:
                os._exit(3)
            say("engine", engine="building", failed=False, text="building took over.")
threading.Thread(target=listen, daemon=True).start()
stay()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What tells the engine ``building`` what to do."""
    return install_building_engine(tmp_path, monkeypatch)


@pytest.fixture
def show(start: Any, folder: Path, tmp_path: Path, tiny_bundle: Path) -> LiveHost:  # noqa: F811
    """A host whose child plays with the engine ``first``, and is lost when it is to change it for the first time."""
    host: LiveHost = start(PLAY.format(model=str(tiny_bundle), log=str(tmp_path / "orders")))
    host.wait_until_playing(30)
    return host


def test_what_failed_in_this_show_is_not_tried_again(start: Any, tmp_path: Path) -> None:  # noqa: F811
    host: LiveHost = start(
        """
say("ready", engine="first" if turn > 1 else "building")
if turn == 1:
    say("engine", engine="first", failed=True, text="building failed.")
    sys.exit(3)
stay()
""",
        engine="building",
    )
    assert eventually(lambda: len(orders(tmp_path)) == 2 and host.status.phase == PLAYING, 30) is not None
    assert [order["engine"] for order in orders(tmp_path)] == ["building", "first"]
    assert host.status.notes == ("building failed.",)


def alive(folder: Path) -> bool:
    """The process that builds is there."""
    assert eventually((folder / "builder").exists, 60) is not None
    number = int((folder / "builder").read_text().split()[0])
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_that_is_lost_is_followed_by_one_that_is_told(show: LiveHost, folder: Path, tmp_path: Path) -> None:
    assert eventually(lambda: show.status.work == "Compiling tiny for tests for building (40 %)", 60) is not None
    (folder / "go").touch()
    assert eventually(lambda: show.status.about["engine"] == "building", 30) is not None
    assert len(orders(tmp_path)) == 2 and show.status.restarts == 1
    lines = (tmp_path / "orders.lines").read_text().splitlines()
    assert lines == ['{"engine": "building"}'] * 2
    assert (show.status.phase, show.status.work) == (PLAYING, "")
    assert "building took over." in show.status.notes
    assert eventually(lambda: not alive(folder), 10) is not None


def test_a_compilation_that_fails_is_told_and_playing_goes_on(folder: Path, request: pytest.FixtureRequest) -> None:
    (folder / "fault").write_text("raise")
    host: LiveHost = request.getfixturevalue("show")
    assert eventually(lambda: host.status.notes, 60) is not None
    assert host.status.notes == (
        "No other engine takes over. It failed (RuntimeError: broken on command). Update its package. first goes on.",
    )
    assert (host.status.phase, host.status.work, host.status.restarts) == (PLAYING, "", 0)


def test_closing_the_host_ends_the_compilation(show: LiveHost, folder: Path) -> None:
    assert alive(folder)
    show.close()
    assert not alive(folder)
