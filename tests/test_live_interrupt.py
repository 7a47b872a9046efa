"""Ctrl-C, a service manager's stop, or the parent's sudden death: every process is gone within two seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

pytestmark = pytest.mark.jack

PROGRAM = """
import sys
from rtiass.cli import main
sys.argv = ["rtiass", "live", "--engine", "livetest", "--model", sys.argv[1]]
main()
"""


def children(pid: int) -> list[int]:
    """Process ids of a process's children."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(part) for part in text.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_all_processes_end(make_rig: Any, tiny_bundle: Path, how: signal.Signals) -> None:  # noqa: F811
    make_rig(block=512)
    parent = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tiny_bundle)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline().startswith("Playing on")
        child = children(parent.pid)
        assert len(child) == 1
        os.kill(parent.pid, how)
        assert eventually(lambda: parent.poll() is not None, 2.0) is not None
        assert eventually(lambda: not alive(child[0]), 2.0) is not None
        if how != signal.SIGKILL:
            assert parent.returncode == 0
            assert "Traceback" not in (parent.stderr.read() if parent.stderr else "")
    finally:
        parent.kill()
        parent.communicate()
