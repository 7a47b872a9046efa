"""The command ``rtiass engines measure``: finds out which engine is the fastest here."""

from __future__ import annotations

from typing import Annotated

import typer


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
