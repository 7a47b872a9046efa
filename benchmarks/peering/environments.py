"""Virtual environments for peers: made once, used again while the packages asked for are the same, thrown away."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .roster import Environment

MARK = "peers.json"


class PeerError(Exception):
    """A peer that can't be measured: a sentence for its row."""


def prepare(environment: Environment, folder: Path, pip_options: Sequence[str] = (), timeout: float = 900.0) -> Path:
    """Make an environment, or take the one that is there.

    Args:
        environment: What goes into it.
        folder: Where environments are kept.
        pip_options: Further options of ``pip install``, for example another index.
        timeout: Seconds that an installation may take.

    Returns:
        Its Python.

    Raises:
        PeerError: It can't be made; nothing is left of it.
    """
    home = folder / environment.name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = json.dumps(
        {
            "python": platform.python_version(),
            "first": environment.first,
            "pins": environment.pins.read_text(encoding="utf-8"),
        }
    )
    mark = home / MARK
    if mark.exists() and mark.read_text(encoding="utf-8") == wanted and python.exists():
        return python
    shutil.rmtree(home, ignore_errors=True)
    try:
        # Our own pip fills it: a copy in each would take longer than some peers.
        _do([sys.executable, "-m", "venv", "--without-pip", str(home)], timeout)
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        pip += ["--disable-pip-version-check", *pip_options]
        if environment.first:
            _do([*pip, *environment.first], timeout)
        _do([*pip, "--no-deps", "-r", str(environment.pins)], timeout)
    except PeerError:
        shutil.rmtree(home, ignore_errors=True)
        raise
    mark.write_text(wanted, encoding="utf-8")
    return python


def _do(command: Sequence[str], timeout: float) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"not installed: it took longer than {timeout:.0f} s") from error
    if done.returncode:
        raise PeerError(f"not installed: {reason(done.stderr or done.stdout)}")


def reason(text: str) -> str:
    """The line of a program's errors that says most: the first of pip's, else the last of all."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    chosen = errors[0] if errors else lines[-1] if lines else "it says nothing"
    return chosen if len(chosen) <= 300 else f"{chosen[:299]}…"
