"""The same song through rtiass and through its peers, in one run: latency, compute, memory, parameters.

    python benchmarks/peers.py [-o FOLDER] [--envs FOLDER] [--song FILE] [--seconds 30] [--rounds 3]

Peers are installed from the package index into environments of their own, which can be thrown away; nothing of them
comes near that of rtiass. A peer that can't be installed or run gives a row that says why. Writes ``peers.md``,
``peers.json`` and ``peers.png``, and prints the table. See docs/peers.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.origin import sign
from benchmarks.peering.environments import PeerError, prepare, reason
from benchmarks.peering.report import summary, table
from benchmarks.peering.roster import ROSTER, Environment, Row, own_rows, read_roster
from benchmarks.peering.rounds import ADAPTERS, Measured, cores, run_once, run_rounds
from benchmarks.peering.song import write_song
from rtiass.bundle import bundle_names, load_bundle
from rtiass.engine import load_engine
from rtiass.errors import UserError
from rtiass.machine import machine
from rtiass.stft import DEFAULT_MODE, MODES

DEMO = Path(__file__).parent.parent / "rtiass" / "demo" / "antagata_dokosa.ogg"
ENGINES = ("onnxruntime", "compiled")
ABOUT_DEMO = "the demo song: a real voice over sampled instruments, played from a score"


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, help="folder for peers.md, peers.json and peers.png")
    parser.add_argument("--song", type=Path, default=DEMO)
    parser.add_argument("--about", help="what kind of song it is, for the report: recorded, rendered, ...")
    parser.add_argument("--seconds", type=float, default=30.0, help="how much is heard, times each row's share")
    parser.add_argument("--rounds", type=int, default=3, help="of one thread")
    parser.add_argument("--rounds-of-two", type=int, default=1, help="of two threads")
    parser.add_argument("--envs", type=Path, default=Path(tempfile.gettempdir()) / "rtiass-peers")
    parser.add_argument("--pip-option", action="append", default=[], help="like --pip-option=--extra-index-url=...")
    parser.add_argument("--timeout", type=float, default=180.0, help="seconds a run may take")
    parser.add_argument("--roster", type=Path, default=ROSTER)
    parser.add_argument("--model", action="append", help="models of rtiass; default: all that ship")
    parser.add_argument("--engine", action="append", help="the first runs all models, others the first model")
    parser.add_argument("--mode", action="append", choices=list(MODES), help="default: every mode")
    parser.add_argument("--only", action="append", help="rows whose name has this in it, beside those of rtiass")
    parser.add_argument("--yardstick", help="row that the others are compared with; default: the first of `live`")
    options = parser.parse_args()
    if options.seconds <= 0 or options.rounds < 1:
        parser.error("--seconds must be more than 0, --rounds at least 1")
    return options


def environments(measured: list[Measured], options: argparse.Namespace) -> dict[str, Path]:
    """Pythons by name of the environment; rows whose environment can't be made get an error."""
    pythons: dict[str, Path] = {}
    wanted: dict[str, Environment] = {e.row.environment.name: e.row.environment for e in measured if e.row.environment}
    for name, environment in wanted.items():
        began = time.perf_counter()
        try:
            pythons[name] = prepare(environment, options.envs, options.pip_option)
            tell(f"environment {name}: {time.perf_counter() - began:.0f} s")
        except PeerError as error:
            tell(f"environment {name}: {error}")
            for entry in measured:
                if entry.row.environment is environment:
                    entry.fail(str(error))
    return pythons


def paper_network(measured: list[Measured], folder: Path) -> None:
    """Write the paper's network where rows ask for it; those get an error if it can't be."""
    asking = [e for e in measured if any("{paper}" in argument for argument in e.row.arguments)]
    if not asking:
        return
    command = [sys.executable, str(ADAPTERS / "paper_network.py"), str(folder)]
    path = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | path)
    if done.returncode:
        for entry in asking:
            entry.fail(f"the paper's network needs the train extra: {reason(done.stderr)}")


def header(options: argparse.Namespace, about: str, heard: float) -> str:
    here = machine()
    of_two = min(options.rounds_of_two, options.rounds)
    return (
        f"{here['processor']}, {here['cores']} cores, {here['system']}, Python {sys.version.split()[0]}; "
        f"{options.rounds} rounds in one thread, {of_two} in two. "
        f"Song: {options.song.name} ({about}), up to {heard:.0f} s of it.\n"
    )


def chosen_rows(options: argparse.Namespace) -> list[Row]:
    """Rows to measure, ours first; the yardstick is one of them.

    Raises:
        UserError: A model, an engine, the roster or the yardstick isn't there.
    """
    models = options.model or bundle_names()
    engines = list(dict.fromkeys(options.engine or ENGINES))
    for model in models:
        load_bundle(model)
    for engine in engines:
        load_engine(engine)
    try:
        peers = read_roster(options.roster)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"The roster {options.roster} can't be used: {why}") from error
    if options.only:
        peers = [row for row in peers if any(part.lower() in row.name.lower() for part in options.only)]
    ours = own_rows(models, options.mode or list(MODES), engines)
    rows = ours + peers
    if options.yardstick is None:
        options.yardstick = next((row.name for row in ours if f" {DEFAULT_MODE} " in row.name), ours[0].name)
    if options.yardstick not in [row.name for row in rows]:
        names = ", ".join(f"'{row.name}'" for row in rows)
        raise UserError(f"There is no row '{options.yardstick}' to compare with. Choose one of {names}.")
    return rows


def main() -> int:
    options = parse()
    try:
        rows = chosen_rows(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    measured = [Measured(row) for row in rows]
    yardstick = next(entry for entry in measured if entry.row.name == options.yardstick)
    with tempfile.TemporaryDirectory() as folder:
        song, paper = Path(folder) / "song.npy", Path(folder) / "paper"
        try:
            heard, length = write_song(options.song, options.seconds * max(row.share for row in rows), song)
        except UserError as error:
            print(error, file=sys.stderr)
            return 2
        options.envs.mkdir(parents=True, exist_ok=True)
        pythons = environments(measured, options)
        paper_network(measured, paper)
        threads = len(cores())

        def once(row: Row, count: int) -> dict[str, Any]:
            if count > threads:
                raise PeerError(f"{count} threads need {count} cores, and there are {threads}")
            python = pythons[row.environment.name] if row.environment else Path(sys.executable)
            return run_once(row, python, song, options.seconds, count, paper, options.timeout)

        began = time.perf_counter()
        run_rounds(measured, options.rounds, options.rounds_of_two, once, tell)
        tell(f"all rounds: {time.perf_counter() - began:.0f} s")
    told = [summary(entry, yardstick) for entry in measured]
    about = options.about or (ABOUT_DEMO if options.song == DEMO else "of a kind that nobody told")
    text = header(options, about, heard) + "\n" + table(told, yardstick.row.name)
    print(text)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "peers.md").write_text(text + "\n", encoding="utf-8")
        facts = {"machine": machine(), "song": options.song.name, "about": about, "song_seconds": length}
        facts |= {
            "rounds": options.rounds,
            "rounds_of_two": options.rounds_of_two,
            "yardstick": yardstick.row.name,
            "rows": told,
        }
        (options.out / "peers.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        if find_spec("matplotlib"):
            from benchmarks.peering.picture import draw

            draw(told, length, options.out / "peers.png")
        else:
            tell("no picture: it needs matplotlib (pip install 'rtiass[plot]')")
        sign(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
