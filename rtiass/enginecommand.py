"""The commands ``rtiass engines``: list what runs the networks, compile a model ahead, measure which is the fastest."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from rtiass.errors import UserError

app = typer.Typer(
    add_completion=False,
    help="What runs the networks: list it, compile a model ahead, or measure which is the fastest.",
)


@app.callback(invoke_without_command=True)
def engines(context: typer.Context) -> None:
    """List the engines that run the networks, what the missing ones need, and what was compiled ahead."""
    if context.invoked_subcommand is not None:
        return
    from rtiass.engine import probe_all

    found = probe_all()
    if not found:
        raise UserError("No engine is registered. Reinstall rtiass: pip install --force-reinstall rtiass")
    width = max(len(name) for name, _ in found)
    for name, probe in found:
        typer.echo(f"{name:{width}}  {'available' if probe.available else 'not available'}: {probe.detail}")
        for built in _built(name):
            typer.echo(f"{'':{width}}  {built.model}: {built.detail} ({_size(built.size)})")


@app.command()
def build(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A shipped model (see 'rtiass models') or its folder.")],
    precision: Annotated[
        str, typer.Option("--precision", metavar="fp32|fp16", help="fp16: the large products in half precision.")
    ] = "fp32",
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="sm86,...", help="Cards to compile for; this machine's if not given."),
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="The engine to compile for (see 'rtiass engines').")
    ] = "tensorrt",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Compile a model for a graphics card, so that playing with it starts at once.

    One compiled model serves every mode. It is kept; 'rtiass engines' lists it.
    """
    from rtiass.bundle import load_bundle
    from rtiass.engine import CompilingEngine, load_engine
    from rtiass.engineanswers import forget_answer

    bundle = load_bundle(model)
    chosen: Any = load_engine(engine)
    if not isinstance(chosen, CompilingEngine):
        raise UserError(f"The engine '{engine}' compiles nothing ahead: it can be used as it is.")
    targets = [part for part in target.split(",") if part.strip()] if target is not None else []
    if target is not None and not targets:
        raise UserError("--target names no card. Write it as --target sm86 or --target sm86,sm89.")
    begun = time.monotonic()
    with _Bar(quiet) as bar:
        made = chosen.build(bundle, precision=precision, targets=targets, progress=bar.update)
    for built in made:
        typer.echo(f"{built.model}: {built.detail} ({_size(built.size)}) -> {built.path}")
    if len(made) > 1:
        typer.echo(f"{len(made)} compiled in {time.monotonic() - begun:.1f} s")
    if not targets:
        # What was measured without it is no answer any more.
        if note := forget_answer(bundle):
            typer.echo(f"Note: {note}", err=True)
        typer.echo(f"To let auto take it if it is the fastest here: rtiass engines measure {model}")


@app.command()
def measure(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="A shipped model or a bundle's folder; default: the default."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, max=60.0, help="Time for each engine.")] = 1.0,
) -> None:
    """Measure which engine is the fastest for a model on this machine; auto takes it from then on."""
    from rtiass.bundle import load_bundle
    from rtiass.enginechoice import measure as find_fastest

    bundle = load_bundle(model)
    verdict, answer = find_fastest(
        bundle, seconds=seconds, tell=lambda name: typer.echo(f"Opening {name} ...", err=True)
    )
    for name, figure in sorted(answer.seconds.items(), key=lambda item: item[1]):
        typer.echo(f"{name}: 95 % of the steps within {1000 * figure:.2f} ms")
    for name, why in verdict.refused.items():
        typer.echo(f"{name}: not measured. {why}")
    typer.echo(f"auto takes {verdict.engine} for {bundle.name}: {verdict.why}.")
    if verdict.note:
        typer.echo(f"Note: {verdict.note}", err=True)


def _built(name: str) -> list[Any]:
    """What an engine has compiled; nothing for one that compiles nothing, or is broken."""
    from rtiass.engine import CompilingEngine, load_engine

    try:
        engine: Any = load_engine(name)
        return engine.built() if isinstance(engine, CompilingEngine) else []
    except Exception:  # a plug-in of somebody else may fail in any way, and the probe has told it
        return []


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


class _Bar:
    """A bar on standard error for each network that is compiled; nothing where nobody looks."""

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}

    def update(self, what: str, share: float) -> None:
        """Show the share that is done, 0 to 1."""
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=1.0)
        self._bar.update(self._tasks[what], completed=share)

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
