"""An engine in somebody else's package is found once the package is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

SCRIPT = """
import json, sys, time
import numpy as np
from rtiass.bundle import load_bundle
from rtiass.engine import choose, engine_names, probe_all

bundle = load_bundle(sys.argv[1])
name, session, note = choose("flat", bundle)
frame, seconds = np.zeros((2, 2049), np.float32), []
for _ in range(4):
    start = time.perf_counter()
    masks, activity = session.step(frame)
    seconds.append(time.perf_counter() - start)
print(json.dumps({
    "names": engine_names(), "probed": dict((n, p.available) for n, p in probe_all()), "name": name, "note": note,
    "shape": masks.shape, "sum": float(masks.sum(axis=0).max()), "seconds": seconds,
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder into which the plug-in was installed, without a network."""
    source = tmp_path_factory.mktemp("source") / "plugin"
    shutil.copytree(HERE / "plugin", source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command += ["--disable-pip-version-check", "--target", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return target


def test_an_installed_engine_is_found_chosen_and_run(installed: Path, tiny_bundle: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed), "RTIASS_TEST_STALL": "2:0.3"}
    command = [sys.executable, "-c", SCRIPT, str(tiny_bundle)]
    done = subprocess.run(command, env=environment, cwd=HERE.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "flat" in found["names"]
    assert found["names"].index("flat") > found["names"].index("onnxruntime"), "own engines are tried first"
    assert found["probed"]["flat"] is True
    assert (found["name"], found["note"]) == ("flat", "")
    assert found["shape"] == [4, 2049]
    assert found["sum"] == pytest.approx(1.0)
    assert found["seconds"][2] >= 0.3, "the stall that was asked for"


def test_it_is_not_there_when_it_is_not_installed(tiny_bundle: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, "-c", SCRIPT, str(tiny_bundle)]
    done = subprocess.run(command, env=environment, cwd=HERE.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "There is no engine named 'flat'" in done.stderr
