"""The live example runs and prints its figures while it plays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile
from fake_engine import music
from jack_server import make_rig  # noqa: F401 - a fixture

pytestmark = pytest.mark.jack

EXAMPLES = Path(__file__).parent.parent / "examples"
RUN = "import live; live.SECONDS = 2; live.main()"


def test_live(make_rig: Any, tiny_bundle: Path, tmp_path: Path) -> None:  # noqa: F811
    make_rig(block=512)
    song = tmp_path / "song.wav"
    soundfile.write(song, music(10 * 44100), 44100)
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); {RUN}"]
    done = subprocess.run(
        [*command, str(tiny_bundle), str(song)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"host latency: {512 + 256 + 1024} samples"
    assert [line.split(",")[0] for line in lines[1:]] == ["vocals 0 dB", "vocals -3 dB"]
