"""A measuring process that can't do what it is ordered to says why, and one that breaks is a sentence too."""

from __future__ import annotations

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


ASK = """
import sys
from rtiass.bench.compute import compute
for _ in compute(sys.argv[1], "onnxruntime", 1, ["live", "studio"], float(sys.argv[2])):
    print("measured", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_it_ends_with_the_one_that_is_measuring(tiny_bundle: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", ASK, str(tiny_bundle), "100"])
    try:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        assert eventually(lambda: children.read_text().split(), 60) is not None
        (child,) = children.read_text().split()
        command = Path(f"/proc/{child}/cmdline")
        assert eventually(lambda: b"rtiass.bench.compute" in command.read_bytes(), 10) is not None
    finally:
        parent.kill()
        parent.wait()
    assert eventually(lambda: not command.exists() or not command.read_bytes(), 20) is not None


def test_one_that_breaks() -> None:
    with pytest.raises(UserError, match=r"ended by itself \(status 1\). Its last words: KeyError: 'model'"):
        list(ask("rtiass.bench.compute", {}))
