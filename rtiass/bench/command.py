"""The command ``rtiass bench latency``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtiass.cli_options import Mode, QuietOption
from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.bench.run import Found, Plan

FOLDER = Path("rtiass-latency")

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Measure rtiass on this machine.")


@app.callback()
def bench() -> None:
    """Measure rtiass on this machine."""


@app.command()
def latency(
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", metavar="NAME|PATH", help="A shipped model or its folder; repeatable."),
    ] = None,
    mode: Annotated[list[Mode] | None, typer.Option("--mode", help="Only this mode; repeatable. Default: all.")] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", metavar="NAME", help="What runs the network; repeatable. Default: auto."),
    ] = None,
    threads: Annotated[
        str, typer.Option("--threads", metavar="N,N", help="Threads of the engine; live playing has one.")
    ] = "1",
    device: Annotated[
        str | None, typer.Option("--device", metavar="DEVICE", help="Output device: name, part of it, or number.")
    ] = None,
    jack_dummy: Annotated[
        bool, typer.Option("--jack-dummy", help="Play on a JACK server of its own, without a sound card (Linux).")
    ] = False,
    block: Annotated[int, typer.Option("--block", min=0, max=8192, help="Device block; 0: the driver's own.")] = 0,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.1, max=3600.0, help="For each mode, paced and once more played.")
    ] = 3.0,
    stems: Annotated[bool, typer.Option("--stems", help="Hops render every stem, in place of one mix.")] = False,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the report goes; it is replaced.")
    ] = FOLDER,
    quiet: QuietOption = False,
) -> None:
    """Measure what frames and hops cost here, what is late on the device, and how soon there is sound.

    Nothing is heard meanwhile. Takes about a minute with a device; --seconds makes it longer and its figures firmer.
    Writes report.md, report.json and histogram.png.
    """
    from rtiass.bench.output import prepare_folder, show, write
    from rtiass.bench.run import Plan, check
    from rtiass.stft import MODES

    if device is not None and jack_dummy:
        raise UserError("Use either --device or --jack-dummy.")
    plan = Plan(
        models=tuple(dict.fromkeys(model)) if model else (None,),
        modes=tuple(name for name in MODES if not mode or name in [m.value for m in mode]),
        engines=tuple(dict.fromkeys(engine or ["auto"])),
        threads=parse_threads(threads),
        seconds=seconds,
        live_seconds=seconds,
        device=device,
        jack_dummy=jack_dummy,
        blocks=(block,),
        every_stem=stems,
    )
    check(plan)
    prepare_folder(output)
    found = measure(plan, quiet=quiet)
    show(found.report)
    typer.echo(write(found, output))
    if found.report.failed:
        raise typer.Exit(1)


def parse_threads(text: str) -> tuple[int, ...]:
    """Understand ``1,2``.

    Raises:
        UserError: These are no numbers of threads.
    """
    try:
        found = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        found = ()
    if not found or not all(1 <= count <= 256 for count in found):
        raise UserError(f"'{text}' are no numbers of threads. Write one or several from 1 on, as in --threads 1,2.")
    return found


def measure(plan: Plan, *, quiet: bool, lines: bool = False) -> Found:
    """Measure, say before how long it takes, and show how far it is.

    Args:
        plan: What to measure.
        quiet: Neither.
        lines: Without a terminal, a line for each part.
    """
    from rtiass.bench.output import Bar
    from rtiass.bench.run import no_device, run

    without = no_device(plan)
    duration = plan.duration(device=not without)
    if not quiet:
        if without:
            typer.echo(f"Note: no device is measured, only compute. {without}", err=True)
        typer.echo(f"This takes about {spoken(duration)}. Other programs should rest meanwhile.", err=True)
    with Bar(duration, quiet=quiet, lines=lines) as bar:
        found = run(plan, without, bar.tell)
    for reason in found.report.reasons:
        typer.echo(f"Error: {reason}", err=True)
    return found


def spoken(seconds: float) -> str:
    """A length of time in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
