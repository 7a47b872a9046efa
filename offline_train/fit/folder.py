"""The folder of a run: configuration, material with its licences, and what it was made with."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import tomllib
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from offline_train.fit.files import disk_errors, write_text, write_whole
from offline_train.fit.module import Fit
from offline_train.lineup import LINEUPS
from offline_train.settings import Settings
from rtiass.errors import UserError

LIBRARIES = ("rtiass", "torch", "pytorch-lightning", "numpy")


def copy_manifest(pool: Path, folder: Path) -> int:
    """Copy the pool's list, which names what the model is trained on, and tell its licences.

    Args:
        pool: Pool folder.
        folder: Run folder; ``pool.json`` and ``LICENCES.md`` are written if the list has changed.

    Returns:
        Number of items of the pool, training and validation.
    """
    text = (pool / "pool.json").read_bytes()
    ours = folder / "pool.json"
    entries = json.loads(text)
    if not ours.is_file() or ours.read_bytes() != text:
        write_text(folder / "LICENCES.md", licence_list(entries))
        write_whole(ours, lambda part: part.write_bytes(text))
    return len(entries)


def licence_list(entries: list[dict[str, Any]]) -> str:
    """Markdown table of the training material by source, with licence, credit and minutes."""
    minutes: dict[tuple[str, str, str], float] = {}
    for entry in entries:
        if entry["split"] == "train":
            key = (entry["source"], entry["licence"], entry["credit"])
            minutes[key] = minutes.get(key, 0.0) + entry["seconds"] / 60
    lines = [
        "# Material of this training run",
        "",
        "Copies at other speeds count in the minutes.",
        "",
        "| source | licence | credit | minutes |",
        "|---|---|---|---|",
    ]
    for key, total in sorted(minutes.items()):
        cells = [" ".join(str(cell).split()).replace("|", "\\|") for cell in key]
        lines.append(f"| {' | '.join(cells)} | {total:.1f} |")
    return "\n".join(lines) + "\n"


def write_facts(folder: Path, pool: Path, module: Fit, overrides: dict[str, Any], first: int) -> None:
    """Write ``run.json``: versions, machine, settings, and each time that training was started.

    Args:
        folder: Run folder.
        pool: Pool folder.
        module: The run.
        overrides: Values of ``[fit]`` given on the command line.
        first: Step at which this start goes on.
    """
    path = folder / "run.json"
    settings: Settings = module.settings
    facts: dict[str, Any] = {}
    if path.is_file():
        facts = json.loads(path.read_text("utf-8"))
    start = {"step": first, "pool": str(pool), "overrides": overrides, "machine": machine(), **versions()}
    commit = revision()
    if commit:
        start["commit"] = commit
    facts.update(
        {
            "seed": settings.seed,
            "stems": list(settings.lineup.stems),
            "parameters": sum(p.numel() for p in module.network.parameters()),
            "network": module.network.config,
            "mixing": asdict(settings.mixing),
            "loss": asdict(settings.loss),
            "fit": asdict(settings.fit),
            "machine": machine(),
            **versions(),
            "starts": [*facts.get("starts", []), start],
        }
    )
    write_text(path, json.dumps(facts, indent=1) + "\n")


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide what a run computes."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "source"
    return found


def machine() -> str:
    """Processor, cores and GPU."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    gpu = f", {torch.cuda.device_count()} x {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{platform.system()} {platform.machine()}, {model}, {torch.get_num_threads()} threads{gpu}"


def revision() -> str:
    """Commit of the source tree, or nothing outside one."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def copy_config(config: Path, folder: Path, stems: tuple[str, ...]) -> None:
    """Copy the configuration into the run folder, with the stems that are trained."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    text = config.read_text("utf-8")
    if tuple(tomllib.loads(text).get("stems", LINEUPS["band"])) != stems:
        text = re.sub(r"(?m)^stems\s*=\s*\[[^\]]*\]", f"stems = {json.dumps(list(stems))}", text, count=1)
    write_text(folder / "config.toml", text)


def last_start(folder: Path) -> dict[str, Any]:
    """How the run in a folder was started last: ``pool`` and ``overrides``, empty where not known.

    Raises:
        UserError: ``run.json`` cannot be read.
    """
    path = folder / "run.json"
    try:
        starts = json.loads(path.read_text("utf-8")).get("starts", [])
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(f"{path} cannot be read; it is needed to go on. Restore it, or train anew.") from error
    return starts[-1] if starts else {}
