"""A run-time install is small: no PyTorch, and nothing imported that is not declared."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOURCES = sorted(ROOT.glob("rtiass/**/*.py")) + sorted(ROOT.glob("engines/onnxruntime/**/*.py"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~;\[ ]", text)[0].lower() for text in requirements}


def test_runtime_needs_no_pytorch():
    assert names(PROJECT["dependencies"]).isdisjoint({"torch", "torchaudio", "tensorflow", "librosa", "onnx"})


@pytest.mark.parametrize("extra", ["plot", "tensorrt", "tensorrt-rtx"])
def test_small_extras_need_no_pytorch(extra):
    assert "torch" not in names(PROJECT["optional-dependencies"][extra])


def test_libraries_under_the_gpl_are_for_rendering_alone():
    extras = {name for name, needs in PROJECT["optional-dependencies"].items() if "pedalboard" in names(needs)}
    assert extras == {"render"}
    users = [path for path in ROOT.glob("[!.]*/**/*.py") if "import pedalboard" in path.read_text()]
    assert {path.relative_to(ROOT).parts[:2] for path in users if path.parts[len(ROOT.parts)] != "build"} <= {
        ("offline_train", "render"),
        ("tests", "test_packaging_dependencies.py"),
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_level_imports_are_declared(path):
    declared = names(PROJECT["dependencies"]) | {"rtiass", "engines"} | set(sys.stdlib_module_names)
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: import by full name"
            modules = [str(node.module)]
        else:
            continue
        for module in modules:
            assert module.split(".")[0] in declared, f"line {node.lineno}: {module} is not a dependency"
