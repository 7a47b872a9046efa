"""Who is measured: peers and the paper's network from ``roster.toml``, and rtiass's own models in every mode."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtiass.engine import load_engine, threads_of

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
        family: What rows of one line in the picture share: model and engine; empty for a peer.
    """

    name: str
    adapter: Path
    arguments: tuple[str, ...] = ()
    environment: Environment | None = None
    share: float = 1.0
    threads: tuple[int, ...] = (1, 2)
    ours: bool = False
    family: str = ""


def own_rows(models: Sequence[str], modes: Sequence[str], engines: Sequence[str] = ("onnxruntime",)) -> list[Row]:
    """Rows of rtiass: each model in each mode on the first engine, and the first model on the other engines too.

    All in one thread; ``live`` in two as well, on an engine that has them.
    """
    rows = []
    for model in models:
        for engine in engines if model == models[0] else engines[:1]:
            family = f"{Path(model).name} ({engine})"
            several = threads_of(load_engine(engine), 2)
            rows += [
                Row(
                    f"{Path(model).name} {mode} ({engine})",
                    SEPARATOR,
                    (model, "--mode", mode, "--engine", engine, "--weights", "own"),
                    share=STREAM_SHARE,
                    threads=tuple(range(1, several + 1)) if mode == "live" else (1,),
                    ours=True,
                    family=family,
                )
                for mode in modes
            ]
    return rows


def read_roster(path: Path = ROSTER) -> list[Row]:
    """Rows of a roster file, whose paths are relative to it.

    Raises:
        OSError: It can't be read.
        ValueError: It is no such file, or a row names an environment that the file doesn't have.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    environments = {}
    for name, entry in table.get("environments", {}).items():
        if "pins" not in entry:
            raise ValueError(f"{path.name}: the environment '{name}' needs pins, a file of packages.")
        environments[name] = Environment(name, tuple(entry.get("first", ())), path.parent / entry["pins"])
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
