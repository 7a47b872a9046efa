"""Evaluation of a bundle on the songs of a pool or of a data set, through the separator that ships.

Each song's mixture is streamed through :class:`rtiass.separator.StreamingSeparator` as a file job is: mask delay 0, the
gate as shipped. Figures are medians over songs, recorded and rendered songs apart. docs/evaluation.md defines each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from offline_train.evaluation.goals import acceptance
from offline_train.evaluation.kept import Kept
from offline_train.evaluation.material import POOL, PoolMaterial, SetMaterial
from offline_train.evaluation.peers import Peer
from offline_train.evaluation.song import WINDOWS, Parts, Plan, measure_song
from offline_train.evaluation.summary import gate_effects, intervals, mode_differences, mode_losses, summarise
from offline_train.evaluation.table import table
from offline_train.evaluation.truth import cut_song
from offline_train.fit.files import write_text
from offline_train.lineup import Lineup
from offline_train.pool import Pool, Song
from rtiass.bundle import Bundle, load_bundle
from rtiass.engine import EngineSession, choose
from rtiass.errors import UserError

Say = Callable[[str], None]
Songs = TypeVar("Songs", Pool, PoolMaterial, SetMaterial)


def evaluate(
    bundle: Bundle,
    session: EngineSession,
    material: Pool | PoolMaterial | SetMaterial,
    plan: Plan | None = None,
    say: Say = print,
    jobs: int = 1,
    engine: str = "auto",
    peers: Sequence[Peer] = (),
    keep: Path | None = None,
) -> dict[str, Any]:
    """Figures of a bundle on songs.

    Args:
        bundle: Model.
        session: Open engine session, used if there is one job.
        material: Validation (or training) songs of a pool, or of a data set; those with one sounding source are left
            out.
        plan: What is measured; default everything but gates.
        say: Told about progress.
        jobs: Processes; each opens the bundle for itself, with one thread. One only for other songs than a pool's.
        engine: Name of the engine of those processes.
        peers: Other systems' estimates of the same songs.
        keep: Folder in which every row is kept as soon as it is measured; what is there already is not measured again.

    Returns:
        ``songs``: by kind, song, row and part the figures; ``summary``: by kind and row their medians; ``intervals``:
        bootstrap intervals of those; ``modes`` and ``losses``: by kind what the other modes change against ``live``, by
        stem, and lose, mean over stems; ``gates``: by kind what gates do; ``acceptance``: goals and floors, see
        :func:`offline_train.evaluation.goals.acceptance`; ``known_failures``: sentences, one for each that is not met.

    Raises:
        UserError: There is no song that could be evaluated, or a peer has no estimate of one.
    """
    plan = plan or Plan()
    if isinstance(material, Pool):
        material = PoolMaterial(material)
    names = [song.name for song in material.listed]
    for peer in peers:
        for song in material.listed:
            peer.check(song)
    work = _Work(plan, tuple(peers), keep)
    found: list[tuple[str, dict[str, Parts]]] = []
    if jobs > 1 and material.layout == POOL:
        from joblib import Parallel, delayed

        tasks = (delayed(_in_process)(bundle.path, engine, material.folder, material.split, n, work) for n in names)
        for result in Parallel(n_jobs=jobs, return_as="generator")(tasks):
            say(f"{len(found) + 1} of {len(names)} songs measured")
            found.append(result)
    else:
        for index, name in enumerate(names, 1):
            said = partial(_said, say, f"{bundle.name}, song {index} of {len(names)}")
            found.append(_measure(bundle, session, material.song(name), work, said))
    songs: dict[str, dict[str, dict[str, Parts]]] = {}
    for name, (kind, rows) in zip(names, found, strict=True):
        if rows:
            songs.setdefault(kind, {})[name] = rows
    if not songs:
        raise UserError(
            f"The {material.layout} in {material.folder} has no song of two or more sounding stems of the kinds asked "
            f"for in its split '{material.split}'. Name other --kinds, or add songs to it."
        )
    compared = [plan.gate, *(gate for gate in plan.gates if gate != plan.gate)] if plan.gates else []
    summary = {kind: summarise(rows) for kind, rows in songs.items()}
    effects = {
        kind: gate_effects(rows, bundle.stems[:-1], compared, plan.gate) if compared else {}
        for kind, rows in songs.items()
    }
    verdict = acceptance(summary, bundle.stems, effects, plan.gate)
    return {
        "model": bundle.name,
        "version": bundle.card.get("model", {}).get("version", ""),
        "stems": list(bundle.stems),
        "split": material.split,
        "seconds": plan.seconds or "whole songs",
        "gate": plan.gate,
        "compared_gates": compared,
        "songs": songs,
        "summary": summary,
        "intervals": {kind: intervals(rows) for kind, rows in songs.items()},
        "modes": {kind: mode_differences(rows) for kind, rows in summary.items()},
        "losses": {kind: mode_losses(rows) for kind, rows in summary.items()},
        "gates": effects,
        "acceptance": verdict,
        "known_failures": verdict["unmet"],
    }


def _said(say: Say, where: str, text: str) -> None:
    say(f"{where}: {text}")


@dataclass(frozen=True)
class _Work:
    """What is done with every song."""

    plan: Plan
    peers: tuple[Peer, ...]
    keep: Path | None


def _measure(bundle: Bundle, session: EngineSession, song: Song, work: _Work, say: Say) -> tuple[str, dict[str, Parts]]:
    truth = cut_song(song, Lineup.declaring(bundle.stems), work.plan.seconds)
    if len(truth.sources) < 2 or not truth.stems:
        return truth.kind, {}
    kept = Kept(work.keep / bundle.name) if work.keep else None
    return truth.kind, measure_song(bundle, session, truth, work.plan, say, work.peers, kept)


@lru_cache(maxsize=1)
def _opened(bundle: Path, engine: str) -> tuple[Bundle, EngineSession]:
    model = load_bundle(bundle)
    return model, choose(engine, model, 1)[1]


@lru_cache(maxsize=1)
def _material(folder: Path, split: str) -> PoolMaterial:
    return PoolMaterial(Pool(folder, split))


def _in_process(
    bundle: Path, engine: str, folder: Path, split: str, name: str, work: _Work
) -> tuple[str, dict[str, Parts]]:
    """One song in a process of its own; bundle and pool stay open for its next one."""
    model, session = _opened(bundle, engine)
    return _measure(model, session, _material(folder, split).song(name), work, lambda text: None)


def as_json(report: dict[str, Any]) -> str:
    """A report as JSON: what is not a finite number is null; of the windows only the SDR, rounded, is kept."""
    return json.dumps(_plain(report), indent=1, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        windows = value.get(WINDOWS)
        kept = {k: v for k, v in value.items() if k != WINDOWS}
        out = {key: _plain(item) for key, item in kept.items()}
        if windows and "sdr" in windows:
            out[WINDOWS] = {"sdr": [None if math.isnan(v) else round(float(v), 2) for v in windows["sdr"]]}
        return out
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def write_report(report: dict[str, Any], out: Path) -> list[Path]:
    """Write a report, each file whole or not at all.

    Args:
        report: From :func:`evaluate`.
        out: A folder for ``figures.json``, ``table.md``, ``sdr.png`` and, where gates were compared, ``gate.png``; or a
            file that ends in ``.json`` for the figures alone.

    Returns:
        The files.

    Raises:
        UserError: A file cannot be written.
    """
    folder, alone = (out.parent, True) if out.suffix == ".json" else (out, False)
    files = [write_text(out if alone else folder / "figures.json", as_json(report))]
    if not alone:
        files.append(write_text(folder / "table.md", table(report)))
        files += _draw(report, folder)
    return files


def read_report(path: Path) -> dict[str, Any]:
    """A report that :func:`write_report` has written.

    Raises:
        UserError: There is none, or it is something else.
    """
    again = f"Write one with: rtiass-train evaluate BUNDLE -o {path}"
    try:
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}). {again}") from error
    if not isinstance(report, dict) or not {"split", "seconds", "songs", "summary"} <= report.keys():
        raise UserError(f"{path} holds no figures of an evaluation. {again}")
    return report


def _draw(report: dict[str, Any], folder: Path) -> list[Path]:
    from offline_train.evaluation.plots import draw, gate_boxes, sdr_boxes

    stems, songs = report["stems"], report["songs"]
    panels = [(f"SDR of 1 s windows, {kind} songs", "dB", sdr_boxes(rows, stems)) for kind, rows in songs.items()]
    files = [folder / "sdr.png"]
    draw(panels, stems, files[0])
    gates = report["compared_gates"]
    if gates:
        gated = stems[:-1]
        names = {"sir": "SIR", "pes": "energy where the stem is silent"}
        panels = [
            (f"{title} in 1 s windows by gate, {kind} songs", "dB", gate_boxes(rows, gated, gates, report["gate"], f))
            for kind, rows in songs.items()
            for f, title in names.items()
        ]
        files.append(folder / "gate.png")
        draw(panels, gated, files[1])
    return files


def only_kinds(material: Songs, kinds: Iterable[str]) -> Songs:
    """Leave only the songs of these kinds in a pool or in other material, and return it."""
    wanted = set(kinds)
    if isinstance(material, Pool):
        material.songs = [song for song in material.songs if song.kind in wanted]
    else:
        material.listed = [song for song in material.listed if song.kind in wanted]
    return material


def names_in(text: str) -> tuple[str, ...]:
    """Names in a text, separated by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
