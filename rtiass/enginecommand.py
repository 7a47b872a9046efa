"""The commands ``rtiass engines`` and what belongs to it."""

from __future__ import annotations

import typer

from rtiass.errors import UserError
from rtiass.measurecommand import measure

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


app.command()(measure)
