"""Runs the commands of a guide on a set of seconds: the same options, with a tiny budget."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataset_copies import write
from typer.testing import CliRunner

FOLDER = Path(__file__).parent.parent / "docs" / "guides"
TRAIN = "--steps 1 --workers 0 --threads 1 --accelerator cpu --devices 1 --nodes 1 --strategy auto --precision 32-true"
SMALL = {
    "train": TRAIN,
    "evaluate": "--seconds 2 --no-museval --modes live",
    "ship": "--examples 1",
    "pack": "--jobs 1",
}
"""Options appended to a command; of options given twice the last counts."""


def blocks(guide: str, language: str) -> list[str]:
    """The fenced blocks of a guide in a language."""
    text = (FOLDER / guide).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def commands(guide: str) -> list[str]:
    """The command lines of a guide, in order."""
    return [line for block in blocks(guide, "sh") for line in block.splitlines() if line.strip()]


def write_configs(guide: str, folder: Path) -> None:
    """Write the TOML blocks whose first line is a comment with a file's name."""
    for block in blocks(guide, "toml"):
        found = re.match(r"# (\S+\.toml)\n", block)
        if found:
            (folder / found[1]).write_text(block)


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer and shorter examples than any configuration has."""
    from offline_train.fit import start

    load = start.load_settings

    def small(path: Path) -> Any:
        found = load(path)
        modes = ((256, 128, 1.0),)
        mixing = replace(found.mixing, frames=4, batch=1, modes=modes)
        fit = replace(found.fit, statistics_batches=1, validate_batches=1, validate_excerpts=0)
        return replace(found, mixing=mixing, fit=fit)

    monkeypatch.setattr(start, "load_settings", small)
    for module in ("calibrate", "gates"):
        monkeypatch.setattr(f"offline_train.{module}.FRAMES", 90)
    monkeypatch.setattr("offline_train.ship.BIASES", (0.0, 1.0))
    monkeypatch.setattr("offline_train.gates.THRESHOLDS", (0.2, 0.5))


def run(command: str) -> str:
    """Run a line as it stands in the guide, shortened; returns what it prints."""
    from offline_train.cli import app as training
    from rtiass.cli import app as playing

    program, name, *rest = shlex.split(command)
    app = {"rtiass": playing, "rtiass-train": training}[program]
    more = shlex.split(SMALL.get(name, "")) if program == "rtiass-train" else []
    result = CliRunner().invoke(app, [name, *rest, *more])
    assert result.exit_code == 0, f"{command}\n{result.output}\n{result.exception!r}"
    return result.output


def run_all(guide: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every command of a guide in a folder that has its data."""
    monkeypatch.chdir(folder)
    shrink(monkeypatch)
    write_configs(guide, folder)
    write(folder / "song.wav")
    lines = commands(guide)
    assert lines
    for line in lines:
        run(line)
