"""The layers: the run time knows nothing of engines and training, engines know only the run time's protocol."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUNTIME = sorted((ROOT / "rtiass").rglob("*.py"))
ENGINES = sorted((ROOT / "engines").rglob("*.py"))
TRAINING = sorted((ROOT / "offline_train").rglob("*.py"))
PROTOCOL = {"rtiass.engine", "rtiass.bundle", "rtiass.errors"}
NETWORKS = {"engines/pytorch/engine.py": {"offline_train.network"}}
"""Exceptions: the PyTorch engine runs the very modules that were trained, so it imports where they are built."""


def imports(path: Path) -> list[tuple[int, str]]:
    """Line and full module name of every import in a file, those inside functions too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "rtiass":
            found += [(node.lineno, f"rtiass.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.lineno, str(node.module)))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            found.append(
                (node.lineno, ast.literal_eval(node.args[0]) if isinstance(node.args[0], ast.Constant) else "")
            )
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", RUNTIME, ids=name)
def test_runtime_imports_nothing_above_it(path):
    for line, module in imports(path):
        above = {"torch", "engines", "offline_train", "benchmarks", "tests", "examples"}
        assert module.split(".")[0] not in above, f"line {line}: {module}"


@pytest.mark.parametrize("path", ENGINES, ids=name)
def test_engines_import_the_protocol_only(path):
    for line, module in imports(path):
        root = module.split(".")[0]
        if module in NETWORKS.get(name(path), set()):
            continue
        assert root not in {"offline_train", "benchmarks", "tests", "examples"}, f"line {line}: {module}"
        if root == "rtiass":
            assert module in PROTOCOL, f"line {line}: {module}"


@pytest.mark.parametrize("path", TRAINING, ids=name)
def test_training_imports_no_engine(path):
    for line, module in imports(path):
        above = {"engines", "benchmarks", "tests", "examples"}
        assert module.split(".")[0] not in above, f"line {line}: {module}"
