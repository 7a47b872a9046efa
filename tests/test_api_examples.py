"""The examples run and say what they promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import MakeSong

EXAMPLES = Path(__file__).parent.parent / "examples"


def _run(name: str, *arguments: str | Path) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_file(make_song: MakeSong, tmp_path: Path, tiny_bundle: Path) -> None:
    song, _ = make_song(samples=44100)
    said = _run("file.py", song, tmp_path / "out", tiny_bundle)
    assert [line.split()[0] for line in said.splitlines()[:4]] == ["vocals", "drums", "bass", "other"]
    for name in ("vocals.flac", "other.flac"):
        assert str(tmp_path / "out" / "song" / name) in said
        assert (tmp_path / "out" / "song" / name).stat().st_size > 1000


def test_block(tiny_bundle: Path) -> None:
    said = _run("block.py", tiny_bundle)
    assert "latency 1024 samples, 23.2 ms" in said
    difference = said.split("difference to the song: ")[1].split()[0]
    assert float(difference) < 1e-5
