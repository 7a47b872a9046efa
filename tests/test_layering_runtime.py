"""Importing the run time starts nothing heavy: no PyTorch, no engine, no audio driver, no plotting."""

import json
import subprocess
import sys

import pytest

LOOK = """
import importlib, json, pkgutil, sys
import rtiass
names = [m.name for m in pkgutil.walk_packages(rtiass.__path__, "rtiass.") if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(json.dumps([names, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def imported() -> tuple[list[str], list[str]]:
    """Modules of the run time, and all that is loaded after importing each of them in a fresh process."""
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    names, loaded = json.loads(done.stdout)
    return names, loaded


def test_all_of_the_runtime_was_imported(imported):
    names, loaded = imported
    assert {"rtiass.cli", "rtiass.separator", "rtiass.bundle"} <= set(names)
    assert set(names) <= set(loaded)


@pytest.mark.parametrize(
    "heavy", ["torch", "onnxruntime", "engines", "offline_train", "sounddevice", "matplotlib", "rtmidi"]
)
def test_heavy_module_waits_until_it_is_needed(imported, heavy):
    assert heavy not in imported[1]
