"""A measuring process that can't do what it is ordered to says why, and one that breaks is a sentence too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jack_server import eventually

from rtiass.bench.child import ask
from rtiass.bench.compute import compute
from rtiass.errors import UserError


def test_its_mistakes_are_ours(tiny_bundle: Path) -> None:
    with pytest.raises(UserError, match="no engine named 'nothing'"):
        list(compute(str(tiny_bundle), "nothing", 1, ["live"], 0.1))


SLOW = """
import os, time
from rtiass.bench.child import answer
def work(order, send):
    send({"pid": os.getpid()})
    time.sleep(100)
answer(work)
"""
ASK = """
from rtiass.bench.child import ask
for found in ask("slow_answer", {}):
    print(found["pid"], flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_it_ends_with_the_one_that_is_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_answer.py").write_text(SLOW)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    parent = subprocess.Popen([sys.executable, "-c", ASK], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        command = Path(f"/proc/{int(parent.stdout.readline())}/cmdline")
    assert b"slow_answer" in command.read_bytes()
    parent.kill()
    parent.wait()
    assert eventually(lambda: not command.exists() or not command.read_bytes(), 20) is not None


def test_one_that_breaks() -> None:
    with pytest.raises(UserError, match=r"ended by itself \(status 1\). Its last words: KeyError: 'model'"):
        list(ask("rtiass.bench.compute", {}))
