"""The wheel, and what a run-time install brings along by this environment's own records: exact, without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
PARTS = ("pyproject.toml", "README.md", "LICENSE", "rtiass", "engines", "offline_train")


def wheel_bytes() -> int:
    """Size of the wheel, built from a copy of the sources."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources"
        sources.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, sources / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, sources)
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder]
        subprocess.run([*command, str(sources)], check=True, capture_output=True)
        (path,) = Path(folder).glob("*.whl")
        return path.stat().st_size


def closure() -> dict[str, int]:
    """Bytes on the disk of each package that a run-time install brings along, rtiass itself left out.

    Those of other systems, or of extras, are not among them.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: dict[str, int] = {}
    waiting = _needed(project["dependencies"], "")
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        found[name] = sum(file.size or 0 for file in package.files or [])
        new = [entry for entry in _needed(package.requires or [], extra) if entry not in seen]
        waiting += new
        seen.update(new)
    return dict(sorted(found.items()))


def _needed(requirements: list[str], extra: str) -> list[tuple[str, str]]:
    """Packages and extras of them that requirements ask for on this system."""
    wanted = [Requirement(text) for text in requirements]
    here = [need for need in wanted if need.marker is None or need.marker.evaluate({"extra": extra})]
    return [(re.sub(r"[-_.]+", "-", need.name).lower(), part) for need in here for part in ("", *need.extras)]
