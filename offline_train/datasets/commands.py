"""What the commands ``pack`` and ``sets`` do."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from offline_train.datasets.base import SPLITS
from offline_train.datasets.pack import finish, missing, pack, table
from offline_train.datasets.registry import ENTRIES, open_set
from rtiass.errors import UserError


def pack_set(
    name: str,
    path: Path,
    out: Path,
    split: str,
    classes: Path | None,
    jobs: int,
    pad: float,
    limit: int | None,
    bleed: bool,
) -> None:
    """Pack a set, print minutes by class and split, and warn of classes without material.

    Raises:
        UserError: The set or an option is wrong, the pool cannot be written, or songs were left out.
    """
    splits = list(dict.fromkeys(part.strip() for part in split.split(",")))
    for part in splits:
        if part not in SPLITS:
            raise UserError(f"There is no split '{part}'. Choose from: {', '.join(SPLITS)}.")
    if path.expanduser().resolve() == out.expanduser().resolve():
        raise UserError(f"A pool cannot be packed into itself. Name another folder than {out} after --out.")
    data = open_set(name, path, classes, bleed=bleed)
    results = pack(data, out.expanduser(), splits=splits, jobs=jobs, pad=pad, limit=limit)
    Console().print(table(results))
    for sentence in missing(data, results):
        print(f"Warning: {sentence}", file=sys.stderr)
    finish(data, results)


def list_sets() -> None:
    """Print the known sets, one line each, with licence and place."""
    for entry in ENTRIES:
        print(f"{entry.name:15} {entry.what} ({entry.licence}; {entry.home})")
