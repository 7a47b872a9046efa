"""Quality of models on songs with stems: modes, mask periods and delays, gates, ideal masks, other systems.

    python benchmarks/quality.py SONGS [--layout folder] [--split all] [--models karaoke band six] [--seconds 30]
        [--periods instant:256,512,1024 ...] [--delays live:1,2,4 ...] [--gates off strict causal fast oracle]
        [--estimates NAME=FOLDER ...] [--mixtures FOLDER] [-o out/quality]

SONGS is a folder with a folder of stems for each song, MUSDB18-HQ, any other layout of ``rtiass-train sets``, or a pool
(told by its pool.json). Everything goes through the evaluation of ``rtiass-train evaluate`` and the separator that
ships; docs/quality.md has results and times, docs/evaluation.md defines the figures. Every row of every song is kept as
soon as it is measured: broken off, the same command goes on. Writes table.md, figures.json and a picture for each kind.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import soundfile

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.origin import sign
from offline_train.evaluate import evaluate
from offline_train.evaluation.ablation import write_quality
from offline_train.evaluation.gates import GATES
from offline_train.evaluation.material import ANY, POOL, SETS, PoolMaterial, SetMaterial, open_material
from offline_train.evaluation.peers import file_name, peer_in
from offline_train.evaluation.song import Plan
from offline_train.evaluation.timing import delays_in, periods_in
from rtiass.bundle import bundle_names, load_bundle
from rtiass.engine import choose
from rtiass.errors import UserError
from rtiass.separator import find_mode
from rtiass.stft import MODES, RATE

PERIODS = ("instant:256,512,1024", "tight:1024")
DELAYS = ("live:1,2,4", "instant:8")
"""The masks of ``instant`` 8 hops late are as old as those of ``live`` one hop late: 1024 samples."""


def main() -> None:
    options = _options()
    try:
        material = _material(options)
        if options.mixtures:
            return _write_mixtures(material, options.mixtures)
        plan = Plan(
            modes=tuple(find_mode(name).name for name in options.modes),
            seconds=options.seconds,
            gates=tuple(options.gates),
            timings=(*periods_in(options.periods), *delays_in(options.delays)),
            museval=options.museval,
        )
        plain = replace(plan, timings=())
        peers = [peer_in(text) for text in options.estimates]
        say, reports = _Told(options.pause_while), []
        for name in options.models:
            bundle = load_bundle(name)
            _, session, note = choose(options.engine, bundle, options.threads)
            if note:
                print(note, file=sys.stderr)
            chosen = plan if options.timed is None or name in options.timed else plain
            try:
                reports.append(evaluate(bundle, session, material, chosen, say, peers=peers, keep=options.out / "rows"))
            finally:
                session.close()
        for file in write_quality(reports, plan, [peer.name for peer in peers], options.out):
            print(file)
        sign(options.out)
    except UserError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print("Stopped. Rows that are measured are kept; the same command goes on.", file=sys.stderr)
        raise SystemExit(130) from None


class _Told:
    """Says what is being measured and since when, and waits before it while another measurement wants quiet."""

    def __init__(self, pause: Path | None) -> None:
        self._began = time.monotonic()
        self._pause = pause

    def __call__(self, text: str) -> None:
        while self._pause is not None and self._pause.exists():
            time.sleep(1.0)
        print(f"{(time.monotonic() - self._began) / 60:6.1f} min  {text}", file=sys.stderr, flush=True)


def _material(options: argparse.Namespace) -> PoolMaterial | SetMaterial:
    layout = options.layout or (POOL if (options.songs / "pool.json").is_file() else "folder")
    split = options.split or ("valid" if layout == POOL else ANY)
    material = open_material(layout, options.songs, split, options.classes)
    for note in getattr(material, "notes", ()):
        print(note, file=sys.stderr)
    kinds = ([song for song in material.listed if song.kind == kind] for kind in options.kinds)
    material.listed = [song for songs in kinds for song in songs[: options.limit]]
    return material


def _write_mixtures(material: PoolMaterial | SetMaterial, folder: Path) -> None:
    """Whole mixtures, as sums of the stems, for other systems to separate."""
    folder.mkdir(parents=True, exist_ok=True)
    for listed in material.listed:
        song = material.song(listed.name)
        mixture = sum(song.read(name, 0, song.samples) for name in song.stems)
        path = folder / f"{file_name(song.name)}.wav"
        soundfile.write(path, mixture.T, RATE, subtype="FLOAT")
        print(path)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("songs", type=Path)
    parser.add_argument("--layout", choices=SETS, help="default: pool if there is a pool.json, else folder")
    parser.add_argument("--split", help="default: valid of a pool, all songs of anything else")
    parser.add_argument("--classes", type=Path, help="class mapping of your own, see docs/datasets.md")
    parser.add_argument("--kinds", nargs="+", default=["recorded", "rendered"], choices=["recorded", "rendered"])
    parser.add_argument("--models", nargs="+", default=bundle_names(), help="names of models, or bundles' folders")
    parser.add_argument("--seconds", type=float, default=30.0, help="the busiest excerpt of each song; 0: whole songs")
    parser.add_argument("--limit", type=int, help="at most so many songs of each kind, the first ones")
    parser.add_argument("--timed", nargs="*", help="models of which periods and delays are measured; default: all")
    parser.add_argument("--modes", nargs="+", default=list(MODES), metavar="MODE")
    parser.add_argument("--periods", nargs="*", default=PERIODS, metavar="MODE:SAMPLES,...")
    parser.add_argument("--delays", nargs="*", default=DELAYS, metavar="MODE:HOPS,...")
    parser.add_argument("--gates", nargs="*", default=list(GATES), choices=GATES, help="compared in live")
    parser.add_argument("--estimates", nargs="*", default=[], metavar="NAME=FOLDER", help="of other systems")
    parser.add_argument("--mixtures", type=Path, help="only write the mixtures there, for other systems to separate")
    parser.add_argument("--museval", action=argparse.BooleanOptionalAction, default=True, help="BSS Eval: modes, gates")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pause-while", type=Path, metavar="FILE", help="wait before a row while this file is there")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/quality"))
    options = parser.parse_args()
    options.seconds = options.seconds or None
    return options


if __name__ == "__main__":
    main()
