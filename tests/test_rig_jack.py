"""A show starts with one command, and after the power has gone off it starts again with the faders as they were."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

pytestmark = pytest.mark.jack

PROGRAM = "import sys; from rtiass.cli import main; sys.argv = ['rtiass', 'live', '--rig', sys.argv[1]]; main()"
RIG = """\
[model]
name = "{model}"
engine = "livetest"
mode = "tight"
[outputs]
karaoke = [1, 2]
vocals = [3, 4]
[scenes]
file = "s.toml"
recall = "Help"
[osc]
port = {port}
"""
VOCALS = "/bus/karaoke/stem/vocals/gain"


def test_show_starts_and_survives(make_rig: Any, tmp_path: Path, tiny_bundle: Path) -> None:  # noqa: F811
    osc = pytest.importorskip("pythonosc.udp_client")
    make_rig(block=512)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path, kept = tmp_path / "rig.toml", tmp_path / ".s.toml.now"
    path.write_text(RIG.format(model=tiny_bundle, port=port))
    (tmp_path / "s.toml").write_text(f'[scenes.Help]\n"{VOCALS}" = -15\n[scenes.Other]\n"/stem/drums/gain" = -9\n')

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def begin(show: subprocess.Popen[str]) -> None:
        assert show.stdout is not None
        for line in show.stdout:
            if line.startswith("Playing on"):
                return
        assert show.stderr is not None
        pytest.fail(show.stderr.read())

    show = start()
    try:
        begin(show)
        client = osc.SimpleUDPClient("127.0.0.1", port)
        client.send_message("/scene", "Other")
        client.send_message("/stem/bass/gain", -3.0)
        wanted = (f'"{VOCALS}" = -15.0', '"/stem/drums/gain" = -9.0', '"/stem/bass/gain" = -3.0', '"/scene" = "Other"')
        assert eventually(lambda: kept.exists() and all(line in kept.read_text() for line in wanted), 20) is not None
    finally:
        show.kill()
        show.communicate()
    left = kept.read_text().split("[values]")[1]
    show = start()
    try:
        begin(show)
        client.send_message("/stem/other/gain", -1.0)
        assert eventually(lambda: '"/stem/other/gain" = -1.0' in kept.read_text(), 20) is not None
        again = kept.read_text().split("[values]")[1]
        assert again == left.replace('"/stem/other/gain" = 0.0', '"/stem/other/gain" = -1.0')
        show.terminate()
        _, errors = show.communicate(timeout=30)
    finally:
        show.kill()
        show.communicate()
    assert show.returncode == 0
    assert "settings are restored" in errors
    assert not kept.exists()
