"""What a model's card tells of its training: material, licences, learning curve, commands, known failures."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from offline_train.evaluation.song import COUNTS
from offline_train.evaluation.summary import CARD_FIGURES, on_card
from offline_train.evaluation.table import counted
from offline_train.fit.saved import load_checkpoint
from rtiass.errors import UserError

WATCHED = (
    "SDR in dB of short excerpts of recorded validation songs, as it was watched during training, last look. Not a "
    "result: no gate, no bias, no stream. The results are the figures."
)
CURVE_ROWS = 16
ORIGIN = "origin.json"
"""In a run folder: the model that training began with."""
WEIGHTS_LICENCE = "CC-BY-4.0"
FREE = (
    "CC0",
    "CC-BY-1",
    "CC-BY-2",
    "CC-BY-3",
    "CC-BY-4",
    "CC BY 3",
    "CC BY 4",
    "CC-BY-SA",
    "CC BY-SA",
    "MIT",
    "BSD",
    "GPL",
)
"""Beginnings of licences that leave everybody free to use and to change the material."""
TERMS = ("Dorodoro Beta terms", "Hitsuboku Kumi terms", "SCOTTPOID terms")
"""Terms of voicebanks that allow editing and any use; what they ask for stands in the credits."""
FEW_MINUTES = 10.0
UNMEASURED = "merging"
"""What shows the failure that a model put together from others was not measured; figures of it take it away."""

Table = dict[str, Any]


def material(run: Path) -> list[Table]:
    """Entries of the training split in a run's ``pool.json``.

    Raises:
        UserError: The list is missing.
    """
    path = run / "pool.json"
    if not path.is_file():
        raise UserError(f"{path} is missing, and with it the licences of the material. Train again, or restore it.")
    return [entry for entry in json.loads(path.read_text("utf-8")) if entry["split"] == "train"]


def origin(run: Path) -> Table:
    """The model that a run began with: name, version, sha256, licences, parts, network; empty without one."""
    path = run / ORIGIN
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def licences(run: Path) -> list[Table]:
    """Sources of the training material, one entry a source, licence and credit, with its minutes.

    A model that training began with brings its own along.
    """
    minutes: dict[tuple[str, str, str], float] = {}
    for entry in material(run):
        key = (entry["source"], entry["licence"], entry["credit"])
        minutes[key] = minutes.get(key, 0.0) + entry["seconds"] / 60
    own = [
        {"source": source, "licence": licence, "credit": credit, "minutes": round(total, 1)}
        for (source, licence, credit), total in sorted(minutes.items())
    ]
    before = origin(run)
    return own + [{**entry, "through": before["name"]} for entry in before.get("licences", [])]


def attribution(entries: Iterable[Table]) -> str:
    """The text that must stay with the weights: whom to credit, and under what licence their material was."""
    credits: dict[str, str] = {}
    for entry in entries:
        parts = [entry[key].split(" + ") for key in ("source", "licence", "credit")]
        if len({len(part) for part in parts}) > 1:
            parts = [[entry[key]] for key in ("source", "licence", "credit")]
        for source, licence, credit in zip(*parts, strict=True):
            credits[f"{credit or source} ({licence})"] = source
    return (
        f"Trained in part on: {'; '.join(sorted(credits))}. All were modified (mixed, cut, re-encoded, augmented). No "
        "endorsement is implied."
    )


def weights_licence(entries: Iterable[Table]) -> tuple[str, str]:
    """Licence of the weights and why.

    Returns:
        A name, and a sentence or two. The name is ``not stated`` where the material has terms that are not free ones.
    """
    asked = sorted({part.strip() for entry in entries for part in entry["licence"].split(" + ")})
    bound = [name for name in asked if not name.startswith(FREE) and name not in TERMS]
    bound += [name for name in asked if "NC" in name or "ND" in name]
    if bound:
        return "not stated", (
            f"The material has terms of its own ({', '.join(dict.fromkeys(bound))}); read them before you pass the "
            "weights on, and state a licence with --licence."
        )
    return WEIGHTS_LICENCE, (
        "The weights hold no recording and cannot play one back. They are a work of their own, under CC BY 4.0; "
        "the attribution must stay with them. The licences of the material are listed, some of "
        "them share-alike or GPL: who takes weights for an adaptation of such material trains without it."
    )


def classes(run: Path, names: Sequence[str]) -> tuple[Table, list[str]]:
    """Minutes of recorded, sampled and rendered material by class, and a sentence for each that lacks recordings.

    Args:
        run: Run folder.
        names: All classes.

    Returns:
        By class ``recorded``, ``sampled`` and ``rendered``, in minutes; copies at other speeds do not count.
    """
    table: Table = {name: {"recorded": 0.0, "sampled": 0.0, "rendered": 0.0} for name in names}
    for entry in material(run):
        if entry.get("speed", 1.0) == 1.0 and entry["class"] in table:
            table[entry["class"]][entry["kind"]] += entry["seconds"] / 60
    sentences = []
    for name, row in table.items():
        row.update({kind: round(minutes, 1) for kind, minutes in row.items()})
        if not any(row.values()):
            sentences.append(f"There was no material of {name.replace('_', ' ')} at all: nothing is known of it.")
        elif row["recorded"] < FEW_MINUTES:
            heard = f"only {row['recorded']:.1f} minutes of recordings" if row["recorded"] else "no recordings"
            sentences.append(
                f"Of {name.replace('_', ' ')} there were {heard} to learn from, the rest was played by samplers and "
                "synthesisers: expect it to be weak on real ones."
            )
    return table, sentences


def records(run: Path) -> list[Table]:
    """Lines of a run's log."""
    return [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines() if line.strip()]


def curve(run: Path) -> list[Table]:
    """The learning curve: by look ``step``, ``minutes``, ``audio_hours``, ``development`` loss, ``sdr`` by stem."""
    rows: dict[int, Table] = {}
    seconds = elapsed = 0.0
    for record in records(run):
        seconds += record.get("seconds", 0.0)
        elapsed = record.get("elapsed", elapsed)
        found: Table = {}
        if "development" in record:
            found["development"] = round(record["development"]["development"], 4)
        if "validation" in record:
            found["sdr"] = record["validation"]
        if found:
            place = {"step": record["step"], "minutes": round(elapsed / 60, 1), "audio_hours": round(seconds / 3600, 2)}
            rows[record["step"]] = rows.get(record["step"], {}) | place | found
    table = list(rows.values())
    if len(table) <= CURVE_ROWS:
        return table
    return [table[i] for i in np.unique(np.linspace(0, len(table) - 1, CURVE_ROWS).round().astype(int))]


def verdict(rows: Sequence[Table]) -> str:
    """What the end of the learning curve says would help; empty without enough of it."""
    losses = [(row["audio_hours"], row["development"]) for row in rows if "development" in row]
    if len(losses) < 4:
        return ""
    (hours, before), (last_hours, last) = losses[2 * len(losses) // 3 - 1], losses[-1]
    change = 100 * (last - before) / before
    text = f"Over the last {last_hours - hours:.1f} hours of audio the development loss went {change:+.1f} %. "
    if change < -1.0:
        return text + "It was still falling: longer training on the same material would help."
    return text + "It had stopped falling: other material, recordings first, would help more than time."


def training(run: Path) -> Table:
    """Steps, minutes, hours of audio, loss, learning curve, commands, and what a run's ``run.json`` notes.

    Its ``changes`` (settings changed while the run was under way) and ``notes`` are sentences; both go on the card.
    """
    state = load_checkpoint(run)
    lines = records(run)
    losses = [line["loss"] for line in lines if "loss" in line]
    looks = [line["validation"] for line in lines if "validation" in line]
    facts = json.loads((run / "run.json").read_text("utf-8"))
    summary: Table = {
        "steps": state["step"],
        "minutes": round(state["elapsed"] / 60, 1),
        "audio_hours": round(state["seconds"] / 3600, 2),
        "loss": round(float(np.mean(losses[-100:])), 4) if losses else None,
        "parameters": facts["parameters"],
        "torch": facts["torch"],
        "seed": facts["seed"],
        "commands": commands(run, facts),
    }
    notes = [*facts.get("changes", []), *facts.get("notes", [])]
    if notes:
        summary["notes"] = notes
    before = origin(run)
    if before:
        summary["began_with"] = {key: before[key] for key in ("name", "version", "sha256")}
    rows = curve(run)
    if verdict(rows):
        summary["curve_note"] = verdict(rows)
    if looks:
        summary["watched"] = {"note": WATCHED, **looks[-1]}
    if rows:
        summary["curve"] = rows
    config = run / "config.toml"
    if config.is_file():
        summary["config"] = tomllib.loads(config.read_text("utf-8")) | {"network": dict(state["network"])}
    return summary


def commands(run: Path, facts: Table) -> list[str]:
    """The commands that a run was started with; folders by their names alone."""
    out = []
    for start in facts.get("starts", []):
        words = ["rtiass-train train", "--out", run.name]
        words += ["--resume"] if start["step"] else ["--config", "config.toml"]
        words += ["--pool", Path(start.get("pool", "pool")).name]
        if not start["step"] and origin(run):
            words += ["--from", origin(run)["name"]]
        words += [f"--{key} {value}" for key, value in start.get("overrides", {}).items()]
        out.append(" ".join(words))
    return out


def figures(report: Table) -> Table:
    """What of an evaluation goes on the card: medians over songs, by kind of song and row."""
    out: Table = {
        "note": "Medians over songs; n: the songs and seconds behind each. sdr, si_sdr: medians over 1 s windows; "
        "usdr: whole song; museval_*: BSS Eval v4; pes: energy put out in the windows in which the stem is silent, "
        "pes_mixture: the same against the mixture's there; auc, f1: of activity and gate, _1s: in seconds; "
        "false_open: share of the looks that find the gate open where the stem is not active. Levels in dB. "
        "docs/evaluation.md defines each.",
        "split": report["split"],
        "excerpt": str(report["seconds"]),
        "command": _evaluated(report),
    }
    for kind, rows in report["summary"].items():
        out[kind] = {"songs": sorted(report["songs"][kind])}
        for row, parts in ((row, parts) for row, parts in rows.items() if on_card(row)):
            out[kind][row.replace(" ", "_")] = {part: _on_card(values) for part, values in parts.items()}
        losses = report.get("losses", {}).get(kind)
        if losses:
            out[kind]["loss_against_live"] = {mode: round(loss, 4) for mode, loss in losses.items()}
    if "acceptance" in report:
        out["acceptance"] = report["acceptance"]
        out["known_failures"] = report.get("known_failures", [])
    return out


def _evaluated(report: Table) -> str:
    """The command that makes a report, as far as the report tells."""
    words = [f"rtiass-train evaluate {report.get('model', 'BUNDLE')} --pool pool"]
    if isinstance(report["seconds"], int | float):
        words.append(f"--seconds {report['seconds']:g}")
    if report["split"] != "valid":
        words.append(f"--split {report['split']}")
    if report.get("gate", "fast") != "fast":
        words.append(f"--gate {report['gate']}")
    if report.get("compared_gates"):
        words.append(f"--gates {','.join(report['compared_gates'])}")
    return " ".join([*words, "-o figures.json"])


def _on_card(values: Table) -> Table:
    """Figures that are known, rounded, with the songs and seconds behind each in words."""
    known = {f: round(v, 4) for f, v in values.items() if f in CARD_FIGURES and v is not None}
    counts = {f: counted(count) for f, count in values.get(COUNTS, {}).items() if f in CARD_FIGURES}
    return {**known, COUNTS: counts} if counts else known


def failures(found: Mapping[str, Iterable[str]]) -> list[Table]:
    """Known failures as tables of ``what`` (a sentence) and ``shown_by`` (where it is known from)."""
    return [{"what": what, "shown_by": source} for source, sentences in found.items() for what in sentences]
