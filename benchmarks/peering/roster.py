"""Who is measured: peers and the paper's network from ``roster.toml``, and rtiass's own models in every mode."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROSTER = HERE / "roster.toml"
SEPARATOR = HERE / "adapters" / "separator.py"
STREAM_SHARE = 0.1


@dataclass(frozen=True)
class Environment:
    """A virtual environment for one peer.

    Attributes:
        name: Its folder's name.
        first: Packages that are installed with all that they require.
        pins: Requirements file of packages that are installed alone, so that none brings another PyTorch.
    """

    name: str
    first: tuple[str, ...]
    pins: Path


@dataclass(frozen=True)
class Row:
    """A system to measure.

    Attributes:
        name: As the table has it.
        adapter: Script that answers with one line of JSON.
        arguments: Its arguments; ``{paper}`` stands for the folder of the paper's network.
        environment: Where it runs; None: where rtiass does.
        share: Part of the seconds asked for that it hears.
        threads: Numbers of threads it is measured with.
        ours: Whether it is a model of rtiass.
    """

    name: str
    adapter: Path
    arguments: tuple[str, ...] = ()
    environment: Environment | None = None
    share: float = 1.0
    threads: tuple[int, ...] = (1, 2)
    ours: bool = False


def own_rows(models: Sequence[str], modes: Sequence[str]) -> list[Row]:
    """Rows of rtiass: each model in each mode, in one thread; in ``live`` in two as well."""
    return [
        Row(
            f"{Path(model).name} {mode}",
            SEPARATOR,
            (model, "--mode", mode, "--weights", "own"),
            share=STREAM_SHARE,
            threads=(1, 2) if mode == "live" else (1,),
            ours=True,
        )
        for model in models
        for mode in modes
    ]


def read_roster(path: Path = ROSTER) -> list[Row]:
    """Rows of a roster file, whose paths are relative to it.

    Raises:
        ValueError: A row names an environment that the file doesn't have, or lacks its name or adapter.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    environments = {
        name: Environment(name, tuple(entry.get("first", ())), path.parent / entry["pins"])
        for name, entry in table.get("environments", {}).items()
    }
    rows = []
    for entry in table.get("rows", []):
        wanted = entry.get("environment")
        if wanted is not None and wanted not in environments:
            raise ValueError(f"{path.name}: there is no environment '{wanted}'.")
        if not {"name", "adapter"} <= set(entry):
            raise ValueError(f"{path.name}: every row needs a name and an adapter.")
        rows.append(
            Row(
                entry["name"],
                path.parent / entry["adapter"],
                tuple(entry.get("arguments", ())),
                environments.get(wanted),
                float(entry.get("share", 1.0)),
                tuple(entry.get("threads", (1, 2))),
            )
        )
    return rows
