"""From a training run to a bundle with its card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from offline_train.calibrate import add_bias, choose_bias, karaoke_levels, thresholds
from offline_train.evaluation.song import COUNTS
from offline_train.evaluation.summary import CARD_FIGURES, on_card
from offline_train.evaluation.table import counted
from offline_train.export import export_bundle
from offline_train.fit.saved import load_checkpoint
from offline_train.network import StreamingNetwork, build
from offline_train.pool import STEMS, Pool
from offline_train.settings import load_settings
from rtiass.bundle import Bundle
from rtiass.errors import UserError

BIASES = tuple(round(0.25 * k, 2) for k in range(13))

WATCHED = (
    "SDR in dB of short excerpts of recorded validation songs, as it was watched during training, last look. Not a "
    "result: no gate, no bias, no stream. The results are the figures."
)


def averaged_network(run: Path) -> StreamingNetwork:
    """The averaged weights of a run, ready for inference."""
    state = load_checkpoint(run)
    network = build(state["network"])
    network.load_state_dict(state["average"])
    return network.eval()


def licences(run: Path) -> list[dict[str, Any]]:
    """Sources of the training material, one entry a source, licence and credit, with its minutes."""
    path = run / "pool.json"
    if not path.is_file():
        raise UserError(f"{path} is missing, and with it the licences of the material. Train again, or restore it.")
    minutes: dict[tuple[str, str, str], float] = {}
    for entry in json.loads(path.read_text("utf-8")):
        if entry["split"] == "train":
            key = (entry["source"], entry["licence"], entry["credit"])
            minutes[key] = minutes.get(key, 0.0) + entry["seconds"] / 60
    return [
        {"source": source, "licence": licence, "credit": credit, "minutes": round(total, 1)}
        for (source, licence, credit), total in sorted(minutes.items())
    ]


def training_summary(run: Path) -> dict[str, Any]:
    """Steps, minutes, hours of audio, the loss over the last hundred steps, and what a run's ``run.json`` notes.

    Its ``changes`` (settings changed while the run was under way) and ``notes`` are sentences; both go on the card.
    """
    state = load_checkpoint(run)
    records = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    losses = [record["loss"] for record in records if "loss" in record]
    looks = [record["validation"] for record in records if "validation" in record]
    facts = json.loads((run / "run.json").read_text("utf-8"))
    summary: dict[str, Any] = {
        "steps": state["step"],
        "minutes": round(state["elapsed"] / 60, 1),
        "audio_hours": round(state["seconds"] / 3600, 2),
        "loss": round(float(np.mean(losses[-100:])), 4),
        "parameters": facts["parameters"],
        "torch": facts["torch"],
        "seed": facts["seed"],
    }
    notes = [*facts.get("changes", []), *facts.get("notes", [])]
    if notes:
        summary["notes"] = notes
    if looks:
        summary["watched"] = {"note": WATCHED, **looks[-1]}
    return summary


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """What of an evaluation goes on the card: medians over songs, by kind of song and row."""
    out: dict[str, Any] = {
        "note": "Medians over songs; n: the songs and seconds behind each. sdr, si_sdr: medians over 1 s windows; "
        "usdr: whole song; museval_*: BSS Eval v4; pes: energy put out in the windows in which the stem is silent, "
        "pes_mixture: the same against the mixture's there; auc, f1: of activity and gate, _1s: in seconds; "
        "false_open: share of the looks that find the gate open where the stem is not active. Levels in dB. "
        "docs/evaluation.md defines each.",
        "split": report["split"],
        "excerpt": str(report["seconds"]),
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


def _on_card(values: dict[str, Any]) -> dict[str, Any]:
    """Figures that are known, rounded, with the songs and seconds behind each in words."""
    known = {f: round(v, 4) for f, v in values.items() if f in CARD_FIGURES and v is not None}
    counts = {f: counted(count) for f, count in values.get(COUNTS, {}).items() if f in CARD_FIGURES}
    return {**known, COUNTS: counts} if counts else known


def ship(
    run: Path,
    folder: Path,
    name: str,
    version: str,
    pool: Path,
    bias: dict[str, float] | None = None,
    gate: dict[str, float] | None = None,
    report: dict[str, Any] | None = None,
) -> Bundle:
    """Write the bundle of a run.

    Args:
        run: Run folder.
        folder: Where the bundle goes; one that is there is replaced once the new one is whole.
        name: Model name.
        version: Model version.
        pool: Pool whose training split calibrates what is not given.
        bias: Logit bias by stem; None chooses the vocals' on training songs.
        gate: Gate threshold by stem; None chooses them on training mixtures.
        report: From :func:`offline_train.evaluate.evaluate`, for the card.

    Returns:
        The bundle as the runtime loads it.
    """
    network = averaged_network(run)
    calibration: dict[str, Any] = {}
    if bias is None or gate is None:
        material = Pool(pool, "train")
        if bias is None:
            levels = karaoke_levels(network, material, BIASES)
            bias = {"vocals": choose_bias(levels)}
            calibration["karaoke_levels"] = levels
        if gate is None:
            gate = thresholds(network, material)
    add_bias(network, bias)
    settings = load_settings(run / "config.toml")
    card: dict[str, Any] = {
        "model": {"name": name, "version": version, "stems": list(STEMS)},
        "gate": {stem: {"threshold": gate[stem]} for stem in STEMS if stem in gate},
        "modes": {"trained": _trained(settings.mixing.modes)},
        "training": {
            **training_summary(run),
            "bias": bias,
            "bias_note": "Added to the stems' mask logits after training, chosen on training songs only.",
            "calibration": calibration,
            "target": settings.mixing.target,
            "exponent": settings.mixing.exponent,
        },
        "licences": licences(run),
    }
    if report is not None:
        card["figures"] = figures(report)
    config = {k: v for k, v in load_checkpoint(run)["network"].items() if k != "kind"}
    return export_bundle(network, config, card, folder)


def fill_figures(bundle: Path, report: dict[str, Any]) -> Bundle:
    """Write an evaluation's figures on the card of a bundle, its network untouched."""
    import tomllib

    from offline_train.toml_text import to_toml
    from rtiass.bundle import CARD, GRAPH, SUMS, WEIGHTS, load_bundle, sha256_sums

    load_bundle(bundle)
    card = tomllib.loads((bundle / CARD).read_text("utf-8"))
    card["figures"] = figures(report)
    partial = bundle.with_name(f".{bundle.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(bundle, partial)
    (partial / CARD).write_text(to_toml(card), encoding="utf-8")
    (partial / SUMS).write_text(sha256_sums(partial, [CARD, GRAPH, WEIGHTS]), encoding="utf-8")
    load_bundle(partial)
    for file in (CARD, SUMS):
        (partial / file).replace(bundle / file)
    shutil.rmtree(partial)
    return load_bundle(bundle)


def _trained(modes: tuple[tuple[int, int, float], ...]) -> list[str]:
    from rtiass.stft import MODES

    drawn = {(window, period) for window, period, weight in modes if weight > 0}
    return [mode.name for mode in MODES.values() if (mode.window, mode.period) in drawn]
