"""The command line. Every command imports what is heavy when it runs, so that ``--help`` is quick."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rtiass import __version__
from rtiass.bench.command import app as bench_app
from rtiass.cli_errors import Commands
from rtiass.cli_options import (
    EngineOption,
    Format,
    Gate,
    GateOption,
    Mode,
    ModelOption,
    ModeOption,
    QuietOption,
    ThreadsOption,
)
from rtiass.control.midi.commands import midi
from rtiass.enginecommand import app as engines_app
from rtiass.errors import UserError
from rtiass.live.commands import (
    BlockOption,
    HeadroomOption,
    InputOption,
    OutputOption,
    PolicyOption,
    RateOption,
    register,
)
from rtiass.live.options import HEADROOM
from rtiass.rigcommand import app as rig_app

if TYPE_CHECKING:
    from rtiass.pool import SeparatorPool

DEMO_FOLDER = Path("rtiass-demo")


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Takes music apart in real time: vocals, drums, bass and the rest, from files or live.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rtiass {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _open_pool(model: str | None, engine: str, mode: Mode, gate: Gate, threads: int | None) -> SeparatorPool:
    from rtiass.pool import SeparatorPool, Settings

    settings = Settings(model, engine, mode.value, gate.value, threads)
    pool = SeparatorPool(settings, lambda text: typer.echo(text, err=True))
    if pool.note:
        typer.echo(f"Note: {pool.note}", err=True)
    return pool


def _warn(sentences: list[str]) -> None:
    for sentence in sentences:
        typer.echo(f"Warning: {sentence}", err=True)


@app.command()
def separate(
    songs: Annotated[list[Path], typer.Argument(metavar="SONG...", help="WAV, FLAC, Ogg, MP3, M4A, or a video.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder in which each song gets a folder.")
    ] = Path("stems"),
    stems: Annotated[
        str | None, typer.Option("--stems", metavar="A,B", help="Only these stems, for example vocals,drums.")
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    mode: ModeOption = Mode.live,
    gate: GateOption = Gate.fast,
    fmt: Annotated[
        Format, typer.Option("--format", "-f", help="wav: 32-bit float; flac: 24-bit; ogg: Vorbis, lossy.")
    ] = Format.wav,
    plot: Annotated[bool, typer.Option("--plot", help="Draw spectrograms.png too.")] = False,
    activity: Annotated[bool, typer.Option("--activity", help="Write activity.csv too.")] = False,
    threads: ThreadsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Take songs apart into DIR/SONG/vocals.wav, drums.wav and so on.

    Stems are as long as the song, aligned to the sample, and add up to it. Existing files of the same names are
    replaced, once all stems of a song are complete.
    """
    from rtiass.filejob import choose_stems, separate_song, song_names
    from rtiass.progress import SongProgress

    wanted = stems.split(",") if stems is not None else None
    failed = 0
    # The same file twice is separated once.
    songs = list({song.resolve(): song for song in songs}.values())
    with _open_pool(model, engine, mode, gate, threads) as pool, SongProgress(quiet=quiet) as bars:
        choose_stems(pool.bundle.stems, wanted)
        if plot:
            from rtiass.plot import require_matplotlib

            require_matplotlib()
        for song, name in zip(songs, song_names(songs), strict=True):
            try:
                result = separate_song(
                    song,
                    output,
                    pool,
                    stems=wanted,
                    fmt=fmt.value,
                    name=name,
                    picture=plot,
                    activity=activity,
                    keep=songs,
                    progress=bars.start(song.name),
                )
            except UserError as error:
                failed += 1
                bars.end()
                typer.echo(f"Error: {error}", err=True)
                continue
            speed = bars.end(result.seconds)
            _warn(result.warnings)
            names = " ".join(path.name for path in result.files)
            replaced = ", replaced" if result.replaced else ""
            typer.echo(f"{song} -> {output / name}: {names} ({speed}{replaced})")
    if failed:
        if len(songs) > 1:
            typer.echo(f"{failed} of {len(songs)} songs could not be separated.", err=True)
        raise typer.Exit(1)


@app.command()
def karaoke(
    song: Annotated[Path | None, typer.Argument(help="Sound file; without one, the live input.")] = None,
    file: Annotated[
        Path | None, typer.Option("-o", "--file", metavar="FILE", help="Write a .wav, .flac or .ogg, don't play.")
    ] = None,
    vocals: Annotated[
        str, typer.Option("--vocals", metavar="LEVEL", help="Level of the vocals: -12 (dB), 25% or off.")
    ] = "off",
    model: ModelOption = None,
    engine: EngineOption = "auto",
    mode: ModeOption = Mode.live,
    gate: GateOption = Gate.fast,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="With -o: threads of the engine.")] = None,
    input: InputOption = None,
    output: OutputOption = None,
    rate: RateOption = None,
    block: BlockOption = 0,
    headroom: HeadroomOption = HEADROOM,
    policy: PolicyOption = "mix",
    quiet: QuietOption = False,
) -> None:
    """Turn the vocals of a song down: into a file with -o, otherwise out of the loudspeakers.

    --input, --output, --rate, --block, --headroom and --policy are for playing; 'rtiass live' has more of them.
    """
    from rtiass.bundle import karaoke_bundle
    from rtiass.live.faders import parse_level

    level = parse_level(vocals)
    model = model or karaoke_bundle()
    if file is None:
        from rtiass.live.commands import run_karaoke

        run_karaoke(
            song,
            vocals=level,
            model=model,
            engine=engine,
            mode=mode.value,
            gate=gate.value,
            input=input,
            output=output,
            rate=rate,
            block=block,
            headroom=headroom,
            policy=policy,
        )
        return
    if song is None:
        raise UserError("To write a file, name a song: rtiass karaoke SONG -o OUT.wav")
    with _open_pool(model, engine, mode, gate, threads) as pool:
        _karaoke_to_file(song, file, level, pool, quiet)


def _karaoke_to_file(song: Path, output: Path, level: float, pool: SeparatorPool, quiet: bool) -> None:
    from rtiass.filejob import karaoke_song
    from rtiass.progress import SongProgress

    with SongProgress(quiet=quiet) as bars:
        result = karaoke_song(song, output, pool, vocals=level, progress=bars.start(song.name))
        speed = bars.end(result.seconds)
    _warn(result.warnings)
    typer.echo(f"{song} -> {output} ({speed}{', replaced' if result.replaced else ''})")


@app.command()
def plot(
    song: Annotated[Path, typer.Argument(help="Sound file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PNG", help="Picture; default SONG.png here.")
    ] = None,
    stems_dir: Annotated[
        Path | None, typer.Option("--stems-dir", metavar="DIR", help="Draw these stems; don't separate.")
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    mode: ModeOption = Mode.live,
    gate: GateOption = Gate.fast,
    threads: ThreadsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Draw a song and its stems as spectrograms, with the activity and gate of each stem."""
    from rtiass.plot import plot_song, require_matplotlib
    from rtiass.progress import SongProgress

    require_matplotlib()
    out = output if output is not None else Path(f"{song.stem}.png")
    pool = _open_pool(model, engine, mode, gate, threads) if stems_dir is None else None
    with SongProgress(quiet=quiet) as bars:
        try:
            _warn(plot_song(song, out, pool, stems_dir=stems_dir, progress=bars.start(song.name)))
        finally:
            if pool is not None:
                pool.close()
    typer.echo(f"{song} -> {out}")


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Tell all of one model: its name, or a bundle's folder.")] = None,
    path: Annotated[
        list[Path] | None, typer.Option("--path", metavar="DIR", help="A further folder of models; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON: the table, or one model's whole card.")] = False,
) -> None:
    """List the models that came with rtiass, or tell what one is, how good, and of what it was made."""
    from json import dumps

    from rtiass.bundle import load_bundle
    from rtiass.catalogue import as_plain, describe, entry, find, folders, table

    places = folders(path or ())
    if name is not None:
        bundle = load_bundle(find(name, places))
        typer.echo(dumps(bundle.card, indent=1, default=str) if json else describe(bundle))
        return
    entries = [entry(folder) for folder in places]
    if json:
        typer.echo(dumps([as_plain(row) for row in entries], indent=1))
    elif entries:
        typer.echo(table(entries))
    else:
        typer.echo("No model is installed. Reinstall rtiass, or name a bundle's folder with --model.")


@app.command()
def demo(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Write files here, don't play.")
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    quiet: QuietOption = False,
) -> None:
    """Hear the demo song with its vocals down; without loudspeakers, write it and a picture into a folder."""
    song = demo_song()
    folder = output if output is not None else DEMO_FOLDER
    if output is None:
        silent = _play_demo(song, model, engine)
        if not silent:
            return
        typer.echo(f"{silent} So the demo is written to {folder}.")
    wav, picture = folder / f"{song.stem}-karaoke.wav", folder / f"{song.stem}.png"
    with _open_pool(model, engine, Mode.live, Gate.fast, None) as pool:
        _karaoke_to_file(song, wav, 0.0, pool, quiet)
        try:
            from rtiass.plot import plot_song
            from rtiass.progress import SongProgress

            with SongProgress(quiet=quiet) as bars:
                plot_song(song, picture, pool, progress=bars.start(picture.name))
        except UserError as error:
            typer.echo(f"No picture: {error}", err=True)
            return
    typer.echo(f"{song.name} -> {picture}")


def _play_demo(song: Path, model: str | None, engine: str) -> str:
    """Play it; returns why nothing is heard, or nothing once it was."""
    if not _has_loudspeakers():
        return "There is no sound output here."
    from rtiass.live.commands import run_karaoke

    typer.echo(f"Playing {song.name} with the vocals off. Ctrl-C stops.")
    mode, gate = Mode.live.value, Gate.fast.value
    try:
        run_karaoke(song, vocals=0.0, must_sound=True, model=model, engine=engine, mode=mode, gate=gate)
    except UserError as error:
        return f"It can't be played: {error}"
    return ""


def demo_song() -> Path:
    """The song that comes with rtiass.

    Raises:
        UserError: It is not there.
    """
    folder = Path(__file__).parent / "demo"
    found = sorted(p for p in folder.glob("*") if p.suffix in (".ogg", ".flac", ".wav", ".mp3"))
    if not found:
        raise UserError("The demo song is missing. Reinstall rtiass, or try: rtiass karaoke SONG")
    return found[0]


def _has_loudspeakers() -> bool:
    from rtiass.live import device

    try:
        return any(found.outputs > 0 for found in device.list_devices(device.portaudio()))
    except Exception:  # no PortAudio library, no sound system, or a broken one: there is nothing to play on
        return False


register(app)
app.add_typer(engines_app, name="engines")
app.add_typer(rig_app, name="rig")
app.add_typer(bench_app, name="bench")
app.add_typer(midi, name="midi")


def main() -> None:
    """Entry point of the ``rtiass`` command."""
    # File names need not be proper Unicode; what can't be printed is escaped, as standard error does anyway.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    # A service manager's stop is treated like Ctrl-C: nothing half-written is left.
    import signal

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, stop)
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output is gone: nobody is left to tell
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
