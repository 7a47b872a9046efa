"""The commands ``rtiass midi ports``, ``monitor``, ``learn`` and ``check``."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.control.control import Control
    from rtiass.control.midi.messages import Message
    from rtiass.control.midi.ports import MidiSystem, Port

PortOption = Annotated[str, typer.Option("--port", metavar="NAME", help="Part of the port's name; default: the first.")]
ModelOption = Annotated[str | None, typer.Option("--model", metavar="NAME", help="Model whose stems are moved.")]

QUIET = 0.4
"""Seconds of silence after which a control counts as moved."""

midi = typer.Typer(no_args_is_help=True, help="MIDI controllers: ports, what they send, learning, checking of maps.")


@midi.command()
def ports() -> None:
    """List the MIDI ports, and the ready map of each controller that has one."""
    from rtiass.control.midi.library import map_of, ready_maps
    from rtiass.control.midi.ports import RtMidiSystem

    system = RtMidiSystem()
    try:
        named = [name for name in ready_maps() if name != "generic-8-fader"]
        typer.echo(f"MIDI by {system.api}")
        for title, names in (("inputs", system.inputs()), ("outputs", system.outputs())):
            typer.echo(f"{title}:" if names else f"{title}: none")
            for name in names:
                ready = map_of(name, named)
                typer.echo(f"  {name}" + (f"  (ready map: {ready})" if ready else ""))
    finally:
        system.close()


@midi.command()
def monitor(
    port: PortOption = "",
    count: Annotated[int, typer.Option("--count", min=0, help="End after so many messages; 0: Ctrl-C ends.")] = 0,
    clock: Annotated[bool, typer.Option("--clock", help="Show clock messages too.")] = False,
) -> None:
    """Show what a controller sends."""
    from rtiass.control.midi.messages import CLOCK

    seen = 0
    with _Listening(port) as heard:
        typer.echo(f"Listening to {heard.name}. Ctrl-C ends.")
        while not count or seen < count:
            message = heard.next(1.0)
            if message is not None and (clock or message.kind != CLOCK):
                typer.echo(str(message))
                seen += 1


@midi.command()
def learn(
    file: Annotated[Path, typer.Argument(metavar="MAP", help="Mapping file; written, or added to.")],
    port: PortOption = "",
    path: Annotated[
        str | None, typer.Option("--path", metavar="PATH", help="Learn one control for this parameter, then end.")
    ] = None,
    model: ModelOption = None,
) -> None:
    """Move a control, choose what it is to do, and have it written into a mapping file.

    The file stays yours: comments and order are kept, and a control that is moved again gets its new parameter.
    """
    from rtiass.control.midi.learn import ENOUGH, guess, learned, read_text, write_mapping
    from rtiass.control.midi.messages import PROGRAM

    control = _control(model)
    if path is not None:
        control.parameter(path)
    with _Listening(port) as heard:
        typer.echo(f"Listening to {heard.name}. Ctrl-C ends; what was learned until then is kept.")
        while True:
            typer.echo("Move one control from end to end, or press one button.")
            found = guess(heard.gesture(ENOUGH * 8))
            if found is None:
                continue
            message, encoding = found
            typer.echo(f"That was {message}" + (f", counting clicks ({encoding})." if encoding else "."))
            chosen = path or _ask(control)
            if chosen:
                if message.kind == PROGRAM and control.parameter(chosen).kind != "trigger":
                    typer.echo("A program needs a value too: write it into the file by hand, see docs/midi.md.")
                    continue
                write_mapping(file, learned(read_text(file), message, chosen, encoding, heard.short))
                typer.echo(f"{message} -> {chosen}, written to {file}.")
            if path is not None:
                return


@midi.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="MAP...", help="Mapping files, or names of ready maps.")],
    model: ModelOption = None,
) -> None:
    """Check mapping files; what is wrong is told with file and line."""
    from rtiass.control.midi.binding import bind
    from rtiass.control.midi.library import find_map
    from rtiass.control.midi.mapping import load_mapping

    control = _control(model)
    wrong = 0
    for name in files:
        try:
            binding = bind(load_mapping(find_map(name)), control)
        except UserError as error:
            wrong += 1
            typer.echo(str(error), err=True)
            continue
        typer.echo(f"{name}: {len(binding.controls)} controls, {len(binding.senders)} activity outputs.")
        if model is not None:
            for sentence in binding.idle:
                typer.echo(f"  {sentence}")
    if wrong:
        raise typer.Exit(UserError.exit_code)


class _Listening:
    """Messages of one port."""

    def __init__(self, pattern: str, system: MidiSystem | None = None) -> None:
        from rtiass.control.midi.messages import Parser
        from rtiass.control.midi.ports import RtMidiSystem, match

        self._system = system if system is not None else RtMidiSystem()
        names = self._system.inputs()
        wanted = [pattern] if pattern else ["*", "!midi through"]
        name = match(wanted, names)
        if name is None:
            self._system.close()
            known = f"There are: {', '.join(names)}." if names else "There is none: is the controller plugged in?"
            raise UserError(f"No MIDI input {f'fits {pattern!r}' if pattern else 'was found'}. {known}")
        self.name = name
        self._queue: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._parser = Parser()
        self._port: Port | None = None

    @property
    def short(self) -> str:
        """Name without what changes from day to day."""
        import re

        return re.sub(r"\s+\d+:\d+$", "", self.name)

    def __enter__(self) -> _Listening:
        try:
            self._port = self._system.open_input(self.name, self._take)
        except OSError as error:
            self._system.close()
            raise UserError(f"The port {self.name} can't be opened ({error}).") from error
        return self

    def __exit__(self, *exception: object) -> None:
        if self._port is not None:
            self._port.close()
        self._system.close()

    def _take(self, data: bytes, at: float) -> None:
        for message in self._parser.feed(data):
            self._queue.put(message)

    def next(self, seconds: float) -> Message | None:
        """The next message, or None if there is none for so long."""
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return None

    def gesture(self, most: int) -> Sequence[Message]:
        """Messages up to a moment of silence; waits for the first, and leaves out clocks."""
        from rtiass.control.midi.messages import BEND, CC, NOTE_ON, PROGRAM

        found: list[Message] = []
        last = time.monotonic()
        while len(found) < most and (not found or time.monotonic() - last < QUIET):
            message = self.next(0.1)
            if message is not None and message.kind in (CC, NOTE_ON, BEND, PROGRAM):
                found.append(message)
                last = time.monotonic()
        return found


def _control(model: str | None) -> Control:
    """A control state of a model; of the shipped one, or of all classes there are if none is shipped."""
    from rtiass.bundle import load_bundle
    from rtiass.control.control import Control
    from rtiass.control.vocabulary import vocabulary

    stems = load_bundle(model).stems
    return Control(vocabulary(stems, ("mix", *stems), True))


def _ask(control: Control) -> str:
    """A path of the user's choice, or nothing."""
    paths = [p.path for p in control.parameters.values() if p.writable and p.kind != "text"]
    answer = typer.prompt("Which parameter? A path, a part of it, or Enter for none", default="", show_default=False)
    while answer:
        if answer in paths:
            return answer
        found = [path for path in paths if answer.lower() in path]
        if len(found) == 1:
            return found[0]
        if answer.isdecimal() and 1 <= int(answer) <= len(paths):
            return paths[int(answer) - 1]
        for path in found or paths:
            typer.echo(f"  {paths.index(path) + 1:3}  {path}  {control.parameter(path).about}")
        answer = typer.prompt("Number or path", default="", show_default=False)
    return ""
