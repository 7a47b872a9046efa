"""The command ``rtiass engines``: lists the engines, and measures which is the fastest here."""

from __future__ import annotations

from typing import Annotated

import typer

from rtiass.errors import UserError

app = typer.Typer(
    add_completion=False,
    help="List the engines that run the networks, and what the missing ones need; or measure them.",
)


@app.callback(invoke_without_command=True)
def engines(context: typer.Context) -> None:
    """List the engines that run the networks, and what the missing ones need."""
    if context.invoked_subcommand is not None:
        return
    from rtiass.engine import probe_all

    found = probe_all()
    if not found:
        raise UserError("No engine is registered. Reinstall rtiass: pip install --force-reinstall rtiass")
    width = max(len(name) for name, _ in found)
    for name, probe in found:
        typer.echo(f"{name:{width}}  {'available' if probe.available else 'not available'}: {probe.detail}")


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
