"""Ctrl-C ends a rendering of several processes at once and leaves a good pool."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from slow_jobs import slow_jobs

from offline_train.render.engine import run

JOBS = 300
SCRIPT = """
import sys
from pathlib import Path
from offline_train.render.engine import run
from slow_jobs import slow_jobs
run(slow_jobs(int(sys.argv[2])), Path(sys.argv[1]), workers=int(sys.argv[3]))
"""


def test_interrupted(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    arguments = [sys.executable, "-c", SCRIPT, str(tmp_path), str(JOBS), "2"]
    process = subprocess.Popen(arguments, env=environment, start_new_session=True, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while len(list(tmp_path.glob("jobs/*.json"))) < 3 and time.monotonic() < until:
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    listed = json.loads((tmp_path / "pool.json").read_text())
    assert 3 <= len(listed) < JOBS
    for entry in listed:
        assert np.load(tmp_path / "audio" / f"{entry['id']}.npy").shape == (44100, 2)
    again = run(slow_jobs(len(listed)), tmp_path)
    assert len(again) >= len(listed)
    assert not list(tmp_path.rglob(".*.part"))
