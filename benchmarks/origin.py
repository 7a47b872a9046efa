"""Beside a report: the command that made it, and the day; benchmarks/results.py takes both over."""

from __future__ import annotations

import datetime
import json
import shlex
import sys
from pathlib import Path

FILE = "origin.json"


def sign(folder: Path) -> None:
    """Write how this script was called into the folder of its report, once that is whole."""
    script = f"benchmarks/{Path(sys.argv[0]).name}"
    facts = {"command": shlex.join(["python", script, *sys.argv[1:]]), "day": datetime.date.today().isoformat()}
    (folder / FILE).write_text(json.dumps(facts) + "\n", encoding="utf-8")


def read(folder: Path) -> tuple[str, str]:
    """Command and day of a report; empty where the folder has no whole one."""
    try:
        facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return str(facts["command"]), str(facts["day"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""
