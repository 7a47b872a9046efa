"""The command line of training: ``rtiass-train``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rtiass.errors import UserError
from rtiass.stft import MODES

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
    config: Annotated[
        Path, typer.Option(help="TOML file, or band, musdb18, fine-tune, paper; --resume takes the run's copy.")
    ] = ROOT / "configs" / "band.toml",
    pool: Annotated[Path | None, typer.Option(help="Pool folder; default: pool, or the resumed run's.")] = None,
    out: Annotated[Path, typer.Option(help="Run folder.")] = Path("runs/band"),
    target: Annotated[
        str | None, typer.Option(help="Class to separate, for a line-up of a target and the rest.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--from", metavar="MODEL", help="Begin with the weights of a model, bundle or run.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the run folder's checkpoint.")] = False,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Budget of time, over all resumptions.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Budget of steps.")] = None,
    precision: Annotated[str | None, typer.Option(help="32-true, bf16-mixed or 16-mixed.")] = None,
    accelerator: Annotated[str | None, typer.Option(help="auto, cpu, gpu, ...: Lightning's names.")] = None,
    devices: Annotated[str | None, typer.Option(help="How many GPUs (or processes on a CPU), or auto.")] = None,
    nodes: Annotated[int | None, typer.Option(min=1, help="Machines that train together.")] = None,
    strategy: Annotated[str | None, typer.Option(help="auto, ddp, ...: Lightning's names.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Loader processes.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads of a training step.")] = None,
) -> None:
    """Train a network; the options from --minutes on override the table "fit" of the configuration."""
    from offline_train.fit.start import start

    start(
        config,
        out,
        pool,
        resume,
        target,
        origin,
        minutes=minutes,
        steps=steps,
        precision=precision,
        accelerator=accelerator,
        devices=devices,
        nodes=nodes,
        strategy=strategy,
        workers=workers,
        threads=threads,
    )


@app.command()
def pool(
    data: Annotated[Path, typer.Option(help="Folder of the source material.")],
    out: Annotated[Path, typer.Option(help="Pool folder; what is finished in it is kept.")] = Path("pool"),
    hours: Annotated[float, typer.Option(min=0.0, help="Hours of stems to render beside the recordings.")] = 8.0,
    seed: Annotated[int, typer.Option(help="Decides all that is drawn.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at work.")] = 2,
    dask: Annotated[
        str | None, typer.Option(help="Dask scheduler that does the work instead, such as tcp://127.0.0.1:8786.")
    ] = None,
    midi: Annotated[
        Path | None, typer.Option(help="Folder of MIDI songs with a CREDIT.txt [default: OpenMSX, if installed].")
    ] = None,
    piano: Annotated[
        Path | None, typer.Option(help="Folder of sampled piano notes [default: piano in the folder of the material].")
    ] = None,
) -> None:
    """Render, or complete, the pool of stems."""
    from offline_train.render.libraries import need_libraries

    need_libraries()
    from offline_train.render.build import build_pool
    from offline_train.render.report import speeds
    from offline_train.render.resources import Places

    places = Places(piano=piano) if midi is None else Places(piano=piano, midi=midi)
    build_pool(data, out, jobs, hours, seed, dask, places, lambda line: typer.echo(line, err=True))
    typer.echo(speeds(out))


@app.command()
def pack(
    name: Annotated[str, typer.Argument(metavar="SET", help="Name of a data set; `rtiass-train sets` lists them.")],
    path: Annotated[Path, typer.Argument(help="Folder that the set lies in.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Pool folder, new or not.")] = Path("pool"),
    split: Annotated[str, typer.Option(help="Splits to take, separated by commas.")] = "train,valid,test",
    classes: Annotated[Path | None, typer.Option(help="TOML class mapping, laid over that of the set.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at work.")] = 2,
    pad: Annotated[float, typer.Option(min=0, help="Seconds that a track may end before the longest one.")] = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="Most songs of each split.")] = None,
    bleed: Annotated[bool, typer.Option("--bleed", help="Take recordings that other instruments bleed into.")] = False,
) -> None:
    """Pack a data set into a pool; the same command again goes on where it was broken off."""
    from offline_train.datasets.commands import pack_set

    pack_set(name, path, out, split, classes, jobs, pad, limit, bleed)


@app.command()
def sets() -> None:
    """List the known data sets."""
    from offline_train.datasets.commands import list_sets

    list_sets()


@app.command()
def evaluate(
    bundle: Annotated[str, typer.Argument(help="Name of a shipped model, or a bundle's folder.")],
    pool: Annotated[Path, typer.Option(help="Pool folder.")] = Path("pool"),
    modes: Annotated[str, typer.Option(help="Names of modes, separated by commas.")] = ",".join(MODES),
    seconds: Annotated[float | None, typer.Option(min=1, help="Take the busiest excerpt of this length.")] = None,
    kinds: Annotated[str, typer.Option(help="Kinds of songs, separated by commas.")] = "recorded,rendered",
    split: Annotated[str, typer.Option(help="valid, or train to choose settings.")] = "valid",
    gate: Annotated[str, typer.Option(help="fast, strict, off, causal, or oracle (true labels).")] = "fast",
    gates: Annotated[str, typer.Option(help="Gates to compare in live: off,fast,strict,causal,oracle.")] = "off",
    museval: Annotated[
        bool | None, typer.Option(help="BSS Eval v4; by default for whole songs and excerpts of 30 s or more.")
    ] = None,
    engine: Annotated[str, typer.Option(help="Inference engine.")] = "auto",
    threads: Annotated[int, typer.Option(min=1, help="Threads of the engine, with one job.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Songs measured at the same time, each in a process.")] = 1,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder of all results, or a .json file.")] = None,
) -> None:
    """Measure a bundle on the validation songs, through the separator that ships."""
    from offline_train.evaluate import evaluate as measure
    from offline_train.evaluate import names_in, only_kinds, write_report
    from offline_train.evaluation.song import Plan
    from offline_train.evaluation.table import table
    from offline_train.pool import Pool
    from rtiass.bundle import load_bundle
    from rtiass.engine import choose
    from rtiass.separator import find_mode

    plan = Plan(
        modes=tuple(find_mode(name).name for name in names_in(modes)),
        seconds=seconds,
        gate=gate,
        gates=names_in(gates),
        museval=museval if museval is not None else seconds is None or seconds >= 30,
    )
    material = only_kinds(Pool(pool, split), names_in(kinds))
    model = load_bundle(bundle)
    _, session, note = choose(engine, model, threads)
    if note:
        typer.echo(note, err=True)
    try:
        report = measure(model, session, material, plan, lambda text: typer.echo(text, err=True), jobs, engine)
    finally:
        session.close()
    typer.echo(table(report))
    if out is not None:
        for file in write_report(report, out):
            typer.echo(f"{file} written", err=True)


@app.command()
def ship(
    run: Annotated[Path, typer.Argument(help="Run folder, or with --figures a bundle to complete.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Bundle folder.")] = Path("out/model"),
    name: Annotated[str | None, typer.Option(help="Model name; default: that of the bundle folder.")] = None,
    version: Annotated[str, typer.Option(help="Model version.")] = "0.2.0",
    pool: Annotated[Path, typer.Option(help="Pool whose training split calibrates.")] = Path("pool"),
    lineup: Annotated[
        str | None, typer.Option(help="karaoke, band, six, or stems such as vocals,other; default: those trained.")
    ] = None,
    bias: Annotated[list[str] | None, typer.Option(help="stem=logit bias, or none; default: calibrated.")] = None,
    threshold: Annotated[
        list[str] | None, typer.Option(help="stem=gate threshold, 0 for a gate that stays open; default: calibrated.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="Licence of the weights; default: as the material allows.")
    ] = None,
    failure: Annotated[list[str] | None, typer.Option(help="A known failure, as a sentence; repeatable.")] = None,
    examples: Annotated[int, typer.Option(min=1, help="Excerpts of 10 s that calibrate.")] = 24,
    figures: Annotated[Path | None, typer.Option(help="JSON of evaluate, written on the card.")] = None,
    fp16: Annotated[bool, typer.Option("--fp16", help="Put the network in FP16 beside the one in FP32.")] = False,
) -> None:
    """Write the bundle of a run, or the figures of an evaluation on a bundle's card."""
    from offline_train.evaluate import read_report
    from offline_train.ship import fill_figures
    from offline_train.ship import ship as write

    report = None
    if figures is not None:
        report = read_report(figures)
    if (run / "card.toml").is_file():
        if report is None:
            raise UserError(f"{run} is a bundle already. Give --figures to complete its card, or name a run folder.")
        fill_figures(run, report)
        typer.echo(f"{run}: figures written on the card")
        return
    model = write(
        run,
        out,
        name or out.resolve().name,
        version,
        pool,
        _pairs(bias),
        _pairs(threshold),
        report,
        lineup,
        licence,
        failure or (),
        examples,
        fp16,
    )
    gates = {stem: model.gates[stem].threshold for stem in model.stems[:-1]}
    card = model.card
    typer.echo(f"{out}: {model.name} {version}, {', '.join(model.stems)}; licence {card['model']['licence']}")
    typer.echo(f"{card['training']['steps']} steps, bias {card['training']['bias']}, gate thresholds {gates}")
    for failure_known in card.get("failures", []):
        typer.echo(f"Known failure: {failure_known['what']}")


@app.command()
def merge(
    bundles: Annotated[list[str], typer.Argument(metavar="BUNDLE...", help="Bundles' folders, or shipped models.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the new bundle.")],
    name: Annotated[str | None, typer.Option(help="Model name; default: that of the folder.")] = None,
    version: Annotated[str, typer.Option(help="Model version.")] = "0.1.0",
    licence: Annotated[str | None, typer.Option(help="Licence of the weights; default: as the parts' allow.")] = None,
) -> None:
    """Put several models together to one network that gives every stem of theirs but their last ones."""
    from offline_train.merging.merge import merge as put_together

    model = put_together(bundles, out, name, version, licence)
    allowed = model.card["model"]["licence"]
    typer.echo(f"{model.path}: {model.name} {version}, {', '.join(model.stems)}; licence {allowed}")
    if model.weights_bytes() is None:
        typer.echo("It has no weights for the engine 'pytorch': not every part has its own. The other engines run it.")
    typer.echo(model.card["failures"][0]["what"])


@app.command()
def fp16(
    bundle: Annotated[str, typer.Argument(help="Name of a shipped model, or a bundle's folder.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder of the new bundle; default: the bundle's own.")
    ] = None,
) -> None:
    """Put a model's network in FP16 beside the one in FP32, for engines that can use it."""
    from offline_train.export import add_half
    from rtiass.bundle import HALF_GRAPH

    model = add_half(bundle, out)
    size = (model.path / HALF_GRAPH).stat().st_size
    typer.echo(f"{model.path / HALF_GRAPH} written, {size / 1e6:.1f} MB; the network in FP32 is as it was")


@app.command()
def paper(
    what: Annotated[
        list[str], typer.Argument(help="table1, table2, table3, table4, figure3, figure4, figure5, ablations, or all.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of pools, networks, scores and results.")] = Path(
        "paper"
    ),
    musdb: Annotated[Path | None, typer.Option(help="Folder of MUSDB18-HQ.")] = None,
    mm: Annotated[Path | None, typer.Option(help="Folder with medleydb, mixing_secrets or both.")] = None,
    budget: Annotated[
        str | None, typer.Option(help="paper (early stopping), tiny, or minutes for each network.")
    ] = None,
    standin: Annotated[bool, typer.Option("--standin", help="Make small sets on the spot and take those.")] = False,
    pool: Annotated[Path | None, typer.Option(help="With --standin: sets of the songs of this pool.")] = None,
    songs: Annotated[
        str | None,
        typer.Option(help="With --standin: songs to train, validate and test [default: 3,1,1 synthetic, or all]."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=4, help="With --standin: most seconds of a song [default: 8 synthetic, or all]."),
    ] = None,
    targets: Annotated[str, typer.Option(help="Only these instruments, separated by commas.")] = "",
    median: Annotated[int, typer.Option(min=1, help="Frames of the median of activity, an odd number.")] = 21,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="From here on a frame is active.")] = 0.5,
    estimates: Annotated[bool, typer.Option("--estimates", help="Keep estimates as museval wants them.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that pack.")] = 2,
    precision: Annotated[str | None, typer.Option(help="32-true, bf16-mixed or 16-mixed.")] = None,
    accelerator: Annotated[str | None, typer.Option(help="auto, cpu, gpu, ...: Lightning's names.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Loader processes.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads of a training step.")] = None,
) -> None:
    """Tables and figures of the IASS paper: train what is missing, evaluate, and compare; docs/paper.md."""
    from offline_train.evaluate import names_in
    from offline_train.paper.commands import paper as make
    from offline_train.paper.standin import Size

    counts = names_in(songs or "1,1,1")
    if len(counts) != 3 or not all(count.isdecimal() and int(count) for count in counts):
        raise UserError(f"--songs wants three numbers such as 3,1,1, not '{songs}'.")
    train_songs, valid_songs, test_songs = map(int, counts)
    if median % 2 == 0:
        raise UserError(f"A median needs an odd number of frames, not {median}.")
    make(
        what,
        out,
        musdb,
        mm,
        budget,
        standin,
        pool,
        Size((train_songs, valid_songs, test_songs) if songs else None, seconds),
        names_in(targets),
        {"precision": precision, "accelerator": accelerator, "workers": workers, "threads": threads},
        {"median": median, "threshold": threshold, "estimates": estimates, "jobs": jobs},
    )


def _pairs(values: list[str] | None) -> dict[str, float] | None:
    """``stem=number`` options as a mapping; ``none`` alone gives an empty one."""
    if not values:
        return None
    out: dict[str, float] = {}
    for value in values:
        if value == "none":
            continue
        stem, _, number = value.partition("=")
        try:
            out[stem] = float(number)
        except ValueError:
            raise UserError(f"'{value}' is not of the form stem=number, e.g. vocals=0.5.") from None
    return out


def main() -> None:
    """Run the command line; a user's error is a sentence and exit code 2."""
    try:
        app()
    except UserError as error:
        print(f"rtiass-train: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
