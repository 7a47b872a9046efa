"""The live commands: ``live``, ``devices``, ``doctor``, and what ``karaoke`` does without a file to write."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from rtiass.control.network import fill_in
from rtiass.errors import UserError
from rtiass.live.options import HEADROOM, LiveOptions, Route, parse_outputs
from rtiass.rigcommand import Beginning, RigOption, beginning, given
from rtiass.stft import DEFAULT_MODE

if TYPE_CHECKING:
    from rtiass.control.midi.rack import MidiRack
    from rtiass.control.songfile import Song
    from rtiass.live.host import LiveHost

SongArgument = Annotated[Path | None, typer.Argument(help="Sound file to play; without one, the live input.")]
InputOption = Annotated[str | None, typer.Option("--input", metavar="DEVICE", help="Name, part of it, or number.")]
OutputOption = Annotated[str | None, typer.Option("--output", metavar="DEVICE", help="Name, part of it, or number.")]
InOption = Annotated[str, typer.Option("--in", metavar="L,R", help="Input channels, from 1; one alone for mono.")]
RateOption = Annotated[int | None, typer.Option("--rate", help="Device rate in Hz; default 44100 where it can.")]
BlockOption = Annotated[int, typer.Option("--block", help="Device block; 0: the driver's own, the shortest way.")]
HeadroomOption = Annotated[int, typer.Option("--headroom", help="Samples that the output is ahead beyond a block.")]
PolicyOption = Annotated[
    str, typer.Option("--policy", help="When the network is late for long: hold, mix, instrumental or mute.")
]
DelayOption = Annotated[
    int | None, typer.Option("--mask-delay", help="Hops by which masks lag; default: measured at the start.")
]
RecordOption = Annotated[Path | None, typer.Option("--record", metavar="FOLDER", help="Record takes into a folder.")]
TracksOption = Annotated[
    str | None,
    typer.Option("--record-tracks", metavar="A,B", help="Stems, mix, karaoke, input; NAME:post is after the faders."),
]
FormatOption = Annotated[str, typer.Option("--record-format", help="flac (24 bit) or wav (32-bit float).")]
OscOption = Annotated[
    str | None, typer.Option("--osc", metavar="[PORT]", help="Listen for OSC: a port or ADDRESS:PORT; default 9000.")
]
RemoteOption = Annotated[
    str | None,
    typer.Option("--remote", metavar="[ADDRESS:PORT]", help="Web remote; default 127.0.0.1:8700, this machine only."),
]
MidiOption = Annotated[
    list[str] | None,
    typer.Option("--midi", metavar="MAP", help="A controller: a map's name or file, or auto; repeatable."),
]
ScenesOption = Annotated[
    Path | None, typer.Option("--scenes", metavar="FILE", help="Scenes: saved, recalled, kept through a crash.")
]
SetListOption = Annotated[
    Path | None, typer.Option("--setlist", metavar="FILE", help="Songs, live or files, with scene and vocal level.")
]
AwakeOption = Annotated[
    bool, typer.Option("--awake", help="Let the processor never sleep: less is late, more heat (Linux).")
]
FreewheelOption = Annotated[bool, typer.Option("--freewheel", help="Render as fast as JACK's freewheel mode goes.")]


class LiveCommand(TyperCommand):
    """``live``, whose ``--osc`` and ``--remote`` may come without a value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give them their default where no address follows."""
        return super().parse_args(ctx, fill_in(args))


def play(
    options: LiveOptions, *, must_sound: bool = False, osc: str | None = None, remote: str | None = None,
    begin: Beginning | None = None, midi: Sequence[str] = (),
) -> int:  # fmt: skip
    """Play and show until the song or the user ends it; returns the exit code.

    Args:
        options: What to play.
        must_sound: Show nothing before the first sound, and raise if it does not come.
        osc: Address of OSC, or None.
        remote: Address of the web remote, or None.
        begin: Scenes, set list and first settings.
        midi: Maps of controllers.

    Raises:
        UserError: Something that was asked for isn't there.
    """
    from rtiass.control.midi.rack import open_rack
    from rtiass.control.network import NetworkSurfaces
    from rtiass.control.show import Show
    from rtiass.live.host import LiveHost
    from rtiass.live.screen import run

    host = LiveHost(options)
    surfaces: NetworkSurfaces | None = None
    show: Show | None = None
    rack: MidiRack | None = None
    try:
        show = Show(host.control, **vars(begin or Beginning()), play=_player(host) if options.playlist else None)
        if show.songs is not None:
            host.song_over = show.songs.over
        rack, silence = open_rack(host.control, midi)
        for note in (*show.notes, *([silence] if silence else [])):
            print(f"Note: {note}", file=sys.stderr, flush=True)
        surfaces = NetworkSurfaces(host, osc=osc, remote=remote, scenes=show.scene_names, songs=show.song_names)
        for line in surfaces.lines:
            print(line, flush=True)
        host.start()
        if must_sound:
            host.wait_until_playing()
        return run(host)
    except TimeoutError as error:
        raise UserError("The audio device gives no sign of life.") from error
    except KeyboardInterrupt:
        return 0
    finally:
        if surfaces is not None:
            surfaces.close()
        if rack is not None:
            rack.stop()
        if show is not None:
            show.close()
        host.close()


def _player(host: LiveHost) -> Callable[[Song], None]:
    """What begins the files of a set list."""
    from rtiass.control.songcheck import check_song

    def begin(song: Song) -> None:
        check_song(song)
        assert song.file is not None
        host.play(song.file, song.start)

    return begin


def run_karaoke(
    song: Path | None = None,
    *,
    vocals: float = 0.0,
    must_sound: bool = False,
    **options: Any,
) -> None:
    """Play a song, or the live input, with the vocals at a level.

    Args:
        song: Sound file; None for the device's input.
        vocals: Linear gain of the vocals.
        must_sound: Raise if the device can't be opened, in place of showing it.
        options: Further fields of ``LiveOptions``, such as ``model``, ``engine``, ``mode``, ``input``, ``rate``.

    Raises:
        UserError: Something that was asked for isn't there.
        typer.Exit: It ended with a code other than 0.
    """
    chosen = LiveOptions(song=str(song) if song else None, faders={"vocals": vocals}, **options)
    code = play(chosen, must_sound=must_sound)
    if code:
        raise typer.Exit(code)


def live(
    context: typer.Context,
    song: SongArgument = None,
    rig: RigOption = None,
    out: Annotated[
        list[str] | None,
        typer.Option("--out", metavar="STEM=CH,CH", help="A stem, mix or karaoke and its channels; repeatable."),
    ] = None,
    stems: Annotated[bool, typer.Option("--stems", help="Every stem on its own pair, from channel 1 on.")] = False,
    vocals: Annotated[
        str | None, typer.Option("--vocals", metavar="LEVEL", help="Level of the vocals: -12 (dB), 25% or off.")
    ] = None,
    input: InputOption = None,
    output: OutputOption = None,
    inputs: InOption = "1,2",
    rate: RateOption = None,
    block: BlockOption = 0,
    headroom: HeadroomOption = HEADROOM,
    mode: Annotated[
        str, typer.Option("--mode", help="studio, live, tight, ultra or instant; paper for networks trained that way.")
    ] = DEFAULT_MODE,
    policy: PolicyOption = "mix",
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME|PATH", help="A shipped model or its folder.")
    ] = None,
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="What runs the network.")] = "auto",
    gate: Annotated[str, typer.Option("--gate", help="fast, strict or off.")] = "fast",
    mask_delay: DelayOption = None,
    freewheel: FreewheelOption = False,
    awake: AwakeOption = False,
    osc: OscOption = None,
    remote: RemoteOption = None,
    midi: MidiOption = None,
    scenes: ScenesOption = None,
    setlist: SetListOption = None,
    record: RecordOption = None,
    record_tracks: TracksOption = None,
    record_format: FormatOption = "flac",
    measure: Annotated[
        bool, typer.Option("--measure", help="Patch output 1 to input 1: measure the loop-back and end.")
    ] = False,
) -> None:
    """Take the live input (or a song) apart, each stem on the channels of your choice, with faders on the keys."""
    from rtiass.control.songfile import first_file
    from rtiass.live.faders import parse_level

    routes = parse_outputs(out or [])
    if stems:
        if routes and (rig is None or given(context, "out")):
            raise UserError("Use either --stems or --out.")
        from rtiass.bundle import load_bundle

        names = load_bundle(model).stems
        routes = tuple(Route(name, (2 * i + 1, 2 * i + 2)) for i, name in enumerate(names))
    level = None if vocals is None else parse_level(vocals)
    first = first_file(setlist) if setlist is not None else None
    if first is not None and song is not None:
        raise UserError(f"There are both a song and a set list of files. Leave out either {song} or {setlist}.")
    source = song or first
    # Beside a karaoke output there may be one for the vocals alone, which is to stay at its level.
    on_bus = any(route.bus == "karaoke" for route in routes)
    options = LiveOptions(
        routes=routes, song=str(source) if source else None, input=input, output=output,
        input_channels=_channels(inputs), rate=rate, block=block, headroom=headroom, mode=mode, policy=policy,
        model=model, engine=engine, gate=gate, mask_delay=mask_delay, freewheel=freewheel, awake=awake,
        vocals=(level or 0.0) if on_bus else 0.0, faders={} if level is None or on_bus else {"vocals": level},
        record=str(record) if record else None, record_format=record_format,
        record_tracks=tuple(record_tracks.split(",")) if record_tracks else (), songs=setlist is not None,
        playlist=first is not None,
    )  # fmt: skip
    if measure:
        from rtiass.live.loopback import measure_loopback

        typer.echo(measure_loopback(options))
        return
    code = play(options, osc=osc, remote=remote, begin=beginning(context, scenes, setlist), midi=midi or ())
    if code:
        raise typer.Exit(code)


def _channels(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"'{text}' are not channels. Write one or two numbers from 1 on, as in --in 1,2.") from None


def devices() -> None:
    """List the audio devices: number, name, driver, channels, rate; * marks the defaults."""
    from rtiass.live import device

    sd = device.portaudio()
    found = device.list_devices(sd)
    if not found:
        typer.echo(
            "There is no audio device here. Connect one or start an audio server (JACK, PipeWire). "
            "Files can be separated without one: rtiass karaoke SONG -o FILE."
        )
        return
    defaults = set()
    for kind in ("input", "output"):
        try:
            defaults.add(device.find(sd, None, kind).index)
        except UserError:
            continue
    width = max(len(d.name) for d in found)
    for d in found:
        mark = "*" if d.index in defaults else " "
        typer.echo(f"{mark} {d.index:3} {d.name:{width}}  {d.api}, {d.inputs} in, {d.outputs} out, {d.rate:.0f} Hz")


def doctor() -> None:
    """Look at everything that live playing needs, and say what is missing and what to do."""
    from rich.console import Console
    from rich.table import Table

    from rtiass.live.doctor import BAD, GOOD, examine

    findings = examine()
    table = Table(box=None, show_header=False, pad_edge=False)
    colours = {GOOD: "green", BAD: "red"}
    for finding in findings:
        table.add_row(f"[{colours.get(finding.state, 'yellow')}]{finding.state}[/]", finding.subject, finding.text)
    # Where nobody looks at it, lines are not to be cut at 80 characters.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    if any(finding.state == BAD for finding in findings):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the commands ``live``, ``devices`` and ``doctor`` to an application."""
    app.command(cls=LiveCommand)(live)
    for command in (devices, doctor):
        app.command()(command)
