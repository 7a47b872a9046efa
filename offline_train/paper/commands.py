"""What the command ``paper`` does."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from offline_train.datasets import mm as mm_set
from offline_train.paper import standin as stand_in
from offline_train.paper.ablations import ablations
from offline_train.paper.budget import TINY, parse
from offline_train.paper.figures import figure3, figure4, figure5
from offline_train.paper.study import Study
from offline_train.paper.tables import table1, table2, table3, table4
from rtiass.errors import UserError

TABLES = {"table1": table1, "table2": table2, "table3": table3, "table4": table4, "ablations": ablations}
FIGURES = {"figure3": figure3, "figure4": figure4, "figure5": figure5}
ALL = ("table1", "table2", "table3", "table4", "figure3", "figure4", "figure5", "ablations")
SETS = dict.fromkeys(ALL, "mm") | dict.fromkeys(("table1", "table2", "ablations"), "musdb")
BASELINE = ("table2", "table3")
"""What needs Open-Unmix."""
STANDIN_NOTE = "Measured on a stand-in of {}: not comparable with the paper."


def paper(
    what: list[str],
    out: Path,
    musdb: Path | None,
    mm: Path | None,
    budget: str | None,
    standin: bool,
    pool: Path | None,
    size: stand_in.Size,
    targets: tuple[str, ...],
    options: dict[str, Any],
    how: dict[str, Any],
) -> None:
    """Print and write tables and figures; train what they need.

    Args:
        what: Names in ALL, or ``all``.
        out: Folder of everything.
        musdb: Folder of MUSDB18-HQ.
        mm: Folder with MedleyDB, Mixing Secrets or both.
        budget: ``paper``, ``tiny`` or minutes; None: ``paper``, of a stand-in ``tiny``.
        standin: Make stand-ins in ``out`` and take them.
        pool: Of the songs of this pool.
        size: Of synthetic ones, or the most of the pool.
        targets: Only these.
        options: Values of ``[fit]`` that say how to train and not what.
        how: Further arguments of :class:`Study`.

    Raises:
        UserError: A name is wrong, a set is missing, or a network was trained otherwise before.
    """
    names = list(dict.fromkeys(ALL if "all" in what else what))
    for name in names:
        if name not in ALL:
            raise UserError(f"The paper has no '{name}' here. Choose from: {', '.join((*ALL, 'all'))}.")
    chosen = parse(budget or ("tiny" if standin else "paper"))
    note, seconds = "", mm_set.SECONDS
    if standin:
        chosen = replace(chosen, small=True)
        if musdb or mm:
            raise UserError("--standin brings its own sets; leave --musdb and --mm out.")
        _make(out)
        note = STANDIN_NOTE.format(stand_in.make(out / "standin", size, pool, _say))
        musdb, mm = out / "standin" / "musdb", out / "standin" / "mm"
        seconds = min(seconds, size.seconds or (seconds if pool else stand_in.SECONDS))
    elif pool or size != stand_in.Size():
        text = "--pool, --songs and --seconds say what stand-ins are made of: add --standin, or leave them out."
        raise UserError(text)
    elif chosen == TINY:
        note = "Networks of a few training steps: the figures mean nothing."
    study = Study(out, musdb, mm, chosen, options, targets, seconds, note=note, say=_say, **how)
    # Whatever is missing is told before the first network is trained.
    for name in names:
        study.check(SETS[name], ("openunmix",) if name in BASELINE else ())
    _make(out)
    for set_name in dict.fromkeys(SETS[name] for name in names):
        study.material(set_name)
    for name in names:
        if name in TABLES:
            table = TABLES[name](study)
            text, files = table.markdown(), table.write(out)
        else:
            drawn = FIGURES[name](study)
            text, files = drawn.text, drawn.files
        typer.echo(text)
        for file in files:
            _say(f"{file} written")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"The folder {folder} cannot be made: {error.strerror}. Name another one after --out."
        raise UserError(text) from error


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
