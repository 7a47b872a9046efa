"""Every benchmark finds what it imports: a script that nobody ran since something was renamed is found here."""

import importlib.util
import sys
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="needs the train extra")

FOLDER = Path(__file__).parent.parent / "benchmarks"
NEEDS = {"soak_player": "jack", "soak_traffic": "websockets"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_it_can_be_imported(path, monkeypatch):
    pytest.importorskip(NEEDS.get(path.stem, "numpy"))
    monkeypatch.setattr(sys, "path", [*sys.path, str(FOLDER)])
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    assert module.__doc__
