"""A show of files by one command, in a terminal: songs and scenes by the keys; what is missing is on the screen."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import soundfile
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.control.scenefile import read_scenes

pytestmark = pytest.mark.jack

PROGRAM = "import sys; from rtiass.cli import main; sys.argv = ['rtiass', 'live', '--rig', sys.argv[1]]; main()"
RIG = """\
[model]
name = "{model}"
engine = "livetest"
[outputs]
karaoke = [1, 2]
[scenes]
file = "s.toml"
[setlist]
file = "l.toml"
"""
LIST = """\
[[songs]]
title = "First of all"
file = "one.wav"
[[songs]]
title = "Lost one"
file = "gone.wav"
[[songs]]
title = "Last of all"
file = "long.wav"
vocals = -9
"""


class Terminal:
    """A program in a terminal of its own: what is on it, as one text, and keys."""

    def __init__(self, command: list[str]) -> None:
        self._fd, inner = pty.openpty()
        self.text = ""
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", "LINES": "50"}
        self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment)
        os.close(inner)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self.text += re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", data.decode("utf-8", "replace"))

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def shows(self, words: str, seconds: float = 30.0) -> bool:
        return eventually(lambda: words in " ".join(self.text.split()), seconds) is not None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(10)
        os.close(self._fd)


def test_an_evening_on_the_keys(make_rig: Any, tmp_path: Path, tiny_bundle: Path) -> None:  # noqa: F811
    make_rig(block=512)
    for name, seconds in (("one", 2), ("long", 60)):
        soundfile.write(tmp_path / f"{name}.wav", music(seconds * 44100), 44100)
    (tmp_path / "rig.toml").write_text(RIG.format(model=tiny_bundle))
    (tmp_path / "l.toml").write_text(LIST)
    terminal = Terminal([sys.executable, "-c", PROGRAM, str(tmp_path / "rig.toml")])
    try:
        assert terminal.shows("1. First of all", 60), terminal.text[-2000:]
        # It ends by itself; the second is missing and the third plays in its place.
        assert terminal.shows("3. Last of all"), terminal.text[-2000:]
        assert terminal.shows("Song 2, 'Lost one', can't be played.")
        terminal.press("w")
        assert terminal.shows("Save the scene as (name or number):")
        terminal.press("Solo q\r")
        assert terminal.shows("Scene 1, 'Solo q', is saved"), terminal.text[-2000:]
        assert read_scenes(tmp_path / "s.toml")["Solo q"].values["/bus/karaoke/stem/vocals/gain"] == -9
        terminal.press("N")
        assert eventually(lambda: "1. First of all" in " ".join(terminal.text[-3000:].split()), 20) is not None
        terminal.press("a")
        assert terminal.shows("(then waits)")
        assert terminal.shows("'First of all' is over. The next song, 'Lost one', waits until it is called.")
        terminal.press("q")
        assert terminal.process.wait(20) == 0
    finally:
        terminal.close()
    assert not (tmp_path / ".s.toml.now").exists()
