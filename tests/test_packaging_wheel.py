"""The wheel that is built from the sources holds all that a run-time install needs, and no more."""

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("pyproject.toml", "README.md", "LICENSE", "rtiass", "engines", "offline_train")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Builds from a copy, so that no build folder is left in the sources."""
    sources = tmp_path_factory.mktemp("sources")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, sources / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, sources)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", out, sources]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_holds_every_source_file_and_the_typing_mark(wheel):
    expected = {str(path.relative_to(ROOT)) for part in ("rtiass", "engines") for path in (ROOT / part).rglob("*.py")}
    assert expected | {"rtiass/py.typed"} <= set(wheel.namelist())


@pytest.mark.parametrize("folder", ["demo", "models"])
def test_holds_the_data_of_the_package(wheel, folder):
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "rtiass" / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files
    assert files <= set(wheel.namelist())


def test_holds_the_data_of_plug_ins_and_views(wheel):
    """Files beside the code that are no Python: pages, styles, settings."""
    files = {
        str(path.relative_to(ROOT))
        for part in ("rtiass", "engines", "offline_train")
        for path in (ROOT / part).rglob("*")
        if path.is_file() and path.suffix in {".toml", ".html", ".css", ".js", ".json", ".svg"}
    }
    assert files <= set(wheel.namelist())


def test_holds_only_the_packages(wheel):
    roots = {name.split("/")[0] for name in wheel.namelist()}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"rtiass", "engines", "offline_train"}


def test_carries_the_licence_and_asks_for_no_pytorch(wheel):
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    fields = Parser().parsestr(wheel.read(metadata).decode())
    assert fields["License-Expression"] == "MIT"
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
    required = [text for text in fields.get_all("Requires-Dist", []) if "extra ==" not in text]
    assert any(text.startswith("onnxruntime") for text in required)
    assert not any(text.startswith("torch") for text in required)
