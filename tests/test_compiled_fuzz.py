"""A hostile card or hostile weights end in a sentence or in a network that stays within its memory: no crash, no hang."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from networks import exported

pytest.importorskip("llvmlite")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pages are guarded with Linux's calls")

HERE = Path(__file__).parent
COUNT = 225
KINDS = {"bytes", "table", "values", "names", "layers", "dilations", "sizes", "card", "parts"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(HERE), str(HERE.parent)])
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, timeout=300)


def test_hundreds_of_damages() -> None:
    done = run(str(HERE / "compiled_fuzz.py"), str(exported("small")[1].path), *map(str, range(COUNT)))
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert sum(answer["found"].values()) == COUNT
    assert {name.split()[0] for name in answer["found"]} == KINDS
    assert {"layers", "dilations", "sizes", "parts", "values", "card"} <= {
        name.split()[0] for name in answer["found"] if name.endswith("opened")
    }
    for sentence in answer["told"]:
        assert sentence.startswith("The ") and "--engine onnxruntime" in sentence
        assert len(sentence) < 400 and sentence.isprintable()
    for reason in ("more than 400 steps", "values are more than", "are no numbers", "table of contents is damaged"):
        assert any(reason in sentence for sentence in answer["told"]), reason


SHORT = """
import sys, compiled_fuzz, numpy
from engines.compiled import CompiledEngine
from rtiass.bundle import load_bundle
def rooms(first, *others):
    return [compiled_fuzz.guarded(size, behind=True) for size in (first - int(sys.argv[2]), *others)]
compiled_fuzz.session_module.rooms = rooms
session = CompiledEngine().open(load_bundle(sys.argv[1]))
session.step(numpy.ones((2, 2049), numpy.float32))
"""


def test_the_guards_find_a_step_that_leaves_its_memory() -> None:
    """With the room to work in as large as it must be, and a page smaller than that."""
    bundle = str(exported("small")[1].path)
    assert run("-c", SHORT, bundle, "0").returncode == 0
    assert run("-c", SHORT, bundle, "1024").returncode == -signal.SIGSEGV
