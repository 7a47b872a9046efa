"""Ctrl-C during a song leaves nothing half-written, and the exit code says so."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import MakeSong

SLOW = """
import sys, time
sys.path.insert(0, {tests!r})
import rtiass.pool
from fake_engine import FakeSession, fake_bundle

class Slow(FakeSession):
    def step(self, magnitude):
        time.sleep(0.02)
        return super().step(magnitude)

rtiass.pool.load_bundle = lambda name=None: fake_bundle()
rtiass.pool.choose = lambda name, bundle, threads=None: ("slow", Slow(), "")
from rtiass.cli import main
main()
"""


@pytest.mark.parametrize(("number", "fmt"), [(signal.SIGINT, "wav"), (signal.SIGTERM, "flac")])
def test_interrupt_leaves_nothing(make_song: MakeSong, tmp_path: Path, number: int, fmt: str) -> None:
    song, _ = make_song(samples=20 * 44100)
    out = tmp_path / "out"
    (out / "song").mkdir(parents=True)
    (out / "song" / f"vocals.{fmt}").write_bytes(b"old")
    code = SLOW.format(tests=str(Path(__file__).parent))
    process = subprocess.Popen(
        [sys.executable, "-c", code, "separate", str(song), "-o", str(out), "--format", fmt],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(600):
            parts = list(out.glob(".*.part/vocals.*"))
            if parts and parts[0].stat().st_size > 100_000:
                break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)
        else:
            pytest.fail("the job did not start to write")
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert [p.name for p in out.iterdir()] == ["song"]
    assert [p.name for p in (out / "song").iterdir()] == [f"vocals.{fmt}"]
    assert (out / "song" / f"vocals.{fmt}").read_bytes() == b"old"
