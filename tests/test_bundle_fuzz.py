"""Ten thousand hostile bundles: each is refused by a sentence or runs; none crashes, hangs, or touches another file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="onnx is not installed (pip install 'rtiass[train]')")

from bundle_mutants import FAMILIES

HERE = Path(__file__).parent
COUNT = 10_000
MORE = 100_000
WITHIN = 600.0
"""Seconds for all of them: the process ends itself long before, where one of them hangs."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at the system's calls by inotify")


def fuzz(folder: Path, bundle: Path, seed: int, count: int) -> dict[str, Any]:
    """The report of a process that tries ``count`` mutants."""
    paths = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, str(HERE / "bundle_fuzz.py"), str(seed), str(count), str(folder), str(bundle.resolve())]
    done = subprocess.run(
        words, capture_output=True, env={**os.environ, "PYTHONPATH": paths}, timeout=WITHIN * count / COUNT, check=False
    )
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    last = lines[-1] if lines else "nothing was tried"
    assert done.returncode == 0, f"ended by: {last}\n{done.stderr.decode('utf-8', 'replace')[-3000:]}"
    return dict(json.loads(last))


def check(told: dict[str, Any], count: int) -> None:
    assert told["faults"] == []
    assert sum(told["outcomes"].values()) == count
    assert set(told["families"]) == set(FAMILIES)
    # They reach every gate: no gate is shut by the one before it.
    for outcome in ("card refused", "graph refused", "library refused", "ran"):
        assert told["outcomes"][outcome] > count // 100


def test_ten_thousand_hostile_bundles(tmp_path: Path, tiny_bundle: Path) -> None:
    check(fuzz(tmp_path, tiny_bundle, 1, COUNT), COUNT)


@pytest.mark.slow
def test_many_more_hostile_bundles(tmp_path: Path, tiny_bundle: Path) -> None:
    check(fuzz(tmp_path, tiny_bundle, 2, MORE), MORE)


def test_what_is_touched_outside_is_noticed(tmp_path: Path) -> None:
    """The watch itself: Python's open, and a library's open that Python does not see."""
    program = """
import ctypes, json, sys
from pathlib import Path
from bundle_fuzz import Outside
home = Path(sys.argv[1])
(home / "bundle").mkdir()
(home / "secret").write_bytes(b"x")
outside = Outside(home / "bundle", [home])
outside.armed = True
(home / "bundle" / "own").write_bytes(b"x")
none = outside.look()
ctypes.CDLL(None).open(str(home / "secret").encode(), 0)
library = outside.look()
open("/etc/hostname").close()
print(json.dumps([none, library, outside.look()]))
"""
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, env={**os.environ, "PYTHONPATH": paths},
        timeout=120, check=True,
    )  # fmt: skip
    none, library, python = json.loads(done.stdout)
    assert none == []
    assert len(library) == 1 and "secret" in library[0]
    assert any("/etc/hostname" in text for text in python)
