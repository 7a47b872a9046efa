"""The command line of training: ``rtiass-train``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from rtiass.errors import UserError

app = typer.Typer(
    help="Build the pool of stems, train, evaluate and ship models.",
    no_args_is_help=True,
    add_completion=False,
)

ROOT = Path(__file__).parent


@app.callback()
def commands() -> None:
    """Build the pool of stems, train, evaluate and ship models."""


@app.command()
def train(
    config: Annotated[Path, typer.Option(help="TOML configuration.")] = ROOT / "configs" / "joint.toml",
    pool: Annotated[Path, typer.Option(help="Pool folder.")] = Path("pool"),
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("runs/joint"),
    minutes: Annotated[float, typer.Option(min=0.01, help="Budget of training time.")] = 85.0,
    resume: Annotated[bool, typer.Option(help="Go on from the run folder's checkpoint.")] = False,
    workers: Annotated[int, typer.Option(min=0, max=8, help="Loader processes.")] = 1,
) -> None:
    """Train a network for a given time."""
    # Threads that spin at barriers make a step several times slower on a machine that has other work to do; the
    # OpenMP runtime reads this when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from offline_train.train import start

    start(config, pool, out, minutes, resume, workers)


def main() -> None:
    """Run the command line; a user's error is a sentence and exit code 2."""
    try:
        app()
    except UserError as error:
        print(f"rtiass-train: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
