"""What the run-time install takes on the disk, package by package.

    python benchmarks/install_size.py [--extra plot] [--json FILE]

Makes a virtual environment in a temporary folder, installs this checkout into it, and adds up the files that each
distribution lists. What pip brings along itself is counted apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LIST = """
import importlib.metadata, json
sizes = {}
for dist in importlib.metadata.distributions():
    total = 0
    for file in dist.files or []:
        path = dist.locate_file(file)
        total += path.stat().st_size if path.is_file() else 0
    sizes[dist.metadata["Name"]] = total
print(json.dumps(sizes))
"""


def measure(extra: str | None) -> dict[str, int]:
    """Bytes by distribution of a fresh install."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        target = str(ROOT) + (f"[{extra}]" if extra else "")
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", target], check=True)
        # Outside the checkout, or its own packages would be found in place of the installed ones.
        listed = subprocess.run([python, "-c", LIST], check=True, capture_output=True, text=True, cwd=folder)
        return dict(json.loads(listed.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extra", help="an extra of pyproject.toml, for example plot")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sizes = measure(options.extra)
    tools = {name: sizes.pop(name) for name in ("pip", "setuptools") if name in sizes}
    print("| package | MB |\n|---|---|")
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"| {name} | {size / 1e6:.1f} |")
    print(f"| **all** | **{sum(sizes.values()) / 1e6:.0f}** |")
    print(f"\npip and setuptools, not counted: {sum(tools.values()) / 1e6:.0f} MB")
    assert "torch" not in sizes or options.extra == "train"
    if options.json:
        options.json.write_text(json.dumps(sizes, indent=1))


if __name__ == "__main__":
    main()
