"""The commands ``rtiass rig check`` and ``rtiass rig new``; a rig file becomes the defaults of ``rtiass live``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from rtiass.control.parameter import Value
from rtiass.errors import UserError

RigArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Rig file, in TOML.")]

OVER = {
    "mode": ("/mode",),
    "policy": ("/policy",),
    "vocals": ("/stem/vocals/gain", "/bus/karaoke/stem/vocals/gain"),
}
"""Parameters of ``[start]`` that an option of the command goes over."""

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Rig files: a whole show in one file.")


@app.command()
def check(
    file: RigArgument,
    devices: Annotated[bool, typer.Option("--devices/--no-devices", help="Ask the audio devices too.")] = True,
) -> None:
    """Tell what is wrong with a rig before the show; the exit code is 2 if something is."""
    from rtiass.live.doctor import BAD, WARN
    from rtiass.rigcheck import check_rig
    from rtiass.rigfile import load_rig

    rig = load_rig(file)
    findings = check_rig(rig, devices=devices)
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        word = "wrong" if finding.state == BAD else finding.state
        typer.echo(f"{word:5}  {finding.subject:{width}}  {finding.text}")
    wrong = sum(finding.state == BAD for finding in findings)
    if wrong:
        things = "thing is" if wrong == 1 else "things are"
        typer.echo(f"{file}: {wrong} {things} wrong.", err=True)
        raise typer.Exit(2)
    noted = ", with notes" if any(finding.state == WARN for finding in findings) else ""
    typer.echo(f"{file} is ready{noted}. Start the show with: rtiass live --rig {file}")


@app.command()
def new(file: RigArgument) -> None:
    """Write an example with every key explained; an existing file is never replaced."""
    from rtiass.atomicfile import write_whole
    from rtiass.rigexample import EXAMPLE

    if file.exists():
        raise UserError(f"{file} is there already. Choose another name, or edit it.")
    if not file.parent.is_dir():
        raise UserError(f"There is no folder '{file.parent}'. Make it first.")
    write_whole(file, EXAMPLE)
    typer.echo(f"{file} is written. Edit it, then: rtiass rig check {file}")


def take_rig(context: typer.Context, file: Path | None) -> Path | None:
    """Callback of ``--rig``, which is read before all others: the file's values become their defaults.

    Raises:
        UserError: The file is missing or wrong.
    """
    if file is not None and not context.resilient_parsing:
        from rtiass.rigfile import load_rig

        rig = load_rig(file)
        known = {parameter.name for parameter in context.command.params}
        flags = rig.flags()
        missing = sorted(set(flags) - known)
        if missing:
            raise UserError(f"{file}: this version has no {', '.join(missing)}. Leave that out of the rig file.")
        context.default_map = {**(context.default_map or {}), **flags}
        context.obj = rig
    return file


def given(context: typer.Context, name: str) -> bool:
    """Whether a parameter stands on the command line itself."""
    source: Any = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@dataclass(frozen=True)
class Beginning:
    """What a show begins with, as ``Show`` takes it.

    Attributes:
        scenes: File of scenes.
        setlist: File of the set list.
        recall: Scene to begin with.
        seconds: Time of morphs.
        start: Parameters to begin with.
    """

    scenes: Path | None = None
    setlist: Path | None = None
    recall: str = ""
    seconds: float | None = None
    start: dict[str, Value] = field(default_factory=dict)


def beginning(context: typer.Context, scenes: Path | None, setlist: Path | None) -> Beginning:
    """What ``rtiass live`` begins with: the rig's settings, but for those that stand on the command line."""
    from rtiass.rigfile import Rig

    if not isinstance(context.obj, Rig):
        return Beginning(scenes, setlist)
    rig = context.obj
    over = {path for name, paths in OVER.items() if given(context, name) for path in paths}
    start = {path: value for path, value in rig.start.items() if path not in over}
    # Another file of scenes has other scenes.
    recall = "" if given(context, "scenes") else rig.recall
    return Beginning(scenes, setlist, recall, rig.seconds, start)


RigOption = Annotated[
    Path | None,
    typer.Option(
        "--rig", metavar="FILE", is_eager=True, callback=take_rig,
        help="Rig file: a whole show; options beside it go over it.",
    ),
]  # fmt: skip
