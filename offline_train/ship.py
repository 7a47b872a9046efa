"""From a training run to a bundle with its card.

One run may give several bundles: a line-up coarser than the run's own puts the masks of its stems together
(:class:`offline_train.joint.JointNet`, ``merge``).
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from offline_train import card as cards
from offline_train.calibrate import add_bias, choose_bias, karaoke_levels
from offline_train.export import export_bundle, whole_bundle
from offline_train.fit.data import held_out
from offline_train.fit.saved import load_checkpoint
from offline_train.gates import CRITERION, calibrate
from offline_train.lineup import LINEUPS, Lineup
from offline_train.mixing_config import MixingConfig
from offline_train.network import StreamingNetwork, build
from offline_train.pool import Pool
from offline_train.settings import Settings, load_settings
from offline_train.toml_text import to_toml
from rtiass.bundle import CARD, Bundle, load_bundle
from rtiass.errors import UserError
from rtiass.stft import ALL_MODES

BIASES = tuple(round(0.25 * k, 2) for k in range(-4, 21))
VOCALS, REST = -10.0, -1.75
"""Levels in dB wanted of a muted voice, and allowed of what the rest keeps, for three stems and more."""
VOCALS_ALONE, REST_SDR = -16.0, 10.5
"""The same for vocals and the rest, whose price is the SDR of the rest."""


def lineup_of(name: str | Sequence[str], own: Lineup) -> Lineup:
    """A line-up by its name (karaoke, band, six) or its stems.

    Raises:
        UserError: A stem is no class.
    """
    stems = LINEUPS.get(name) if isinstance(name, str) else tuple(name)
    if stems is None:
        stems = tuple(part.strip() for part in str(name).split(","))
    if len(stems) < 2:
        raise UserError(f"There is no line-up '{name}'. Choose from {', '.join(LINEUPS)}, or list stems: vocals,other")
    return Lineup(stems, own.classes)


def averaged_network(run: Path, lineup: Lineup | None = None) -> StreamingNetwork:
    """The averaged weights of a run, ready for inference.

    Args:
        run: Run folder.
        lineup: Stems to put out; None: those that were trained.

    Raises:
        UserError: There is no run, or its stems cannot be put together to the line-up.
    """
    state = load_checkpoint(run)
    config = dict(state["network"])
    trained = tuple(state.get("stems", LINEUPS["band"]))
    if lineup is not None and lineup.stems != trained:
        merge = lineup.merge(trained)
        empty = [stem for stem, members in zip(lineup.stems, merge, strict=True) if not members]
        if empty or config.get("kind", "joint") != "joint":
            raise UserError(
                f"The run in {run} was trained for {', '.join(trained)}; it cannot give {', '.join(lineup.stems)}. "
                "Choose a line-up whose stems are its own, or sums of them, with --lineup."
            )
        if any(len(members) > 1 for members in merge) or merge != [[i] for i in range(len(trained))]:
            inner = config.get("merge") or [[index] for index in range(len(trained))]
            config["merge"] = [[part for member in members for part in inner[member]] for members in merge]
    network = build(config)
    network.load_state_dict(state["average"])
    return network.eval()


def ship(
    run: Path,
    folder: Path,
    name: str,
    version: str,
    pool: Path,
    bias: dict[str, float] | None = None,
    gate: dict[str, float] | None = None,
    report: dict[str, Any] | None = None,
    lineup: str | Sequence[str] | None = None,
    licence: str | None = None,
    failures: Sequence[str] = (),
    examples: int = 24,
    half: bool = False,
) -> Bundle:
    """Write the bundle of a run.

    Args:
        run: Run folder.
        folder: Where the bundle goes; one that is there is replaced once the new one is whole.
        name: Model name.
        version: Model version.
        pool: Pool whose training split calibrates what is not given.
        bias: Logit bias by stem; None chooses the vocals' on training songs.
        gate: Gate threshold by stem, 0 for a gate that stays open; None chooses them on training material.
        report: From :func:`offline_train.evaluate.evaluate`, for the card.
        lineup: Name or stems of the line-up to put out; None: the run's own.
        licence: Licence of the weights; None: what the licences of the material allow.
        failures: Further known failures, in sentences.
        examples: Excerpts of 10 s that calibrate.
        half: Put the network in FP16 beside the one in FP32.

    Returns:
        The bundle as the runtime loads it.

    Raises:
        UserError: The run is not whole, cannot give the line-up, or a stem that is named is none of it.
    """
    settings = load_settings(run / "config.toml")
    stems = settings.lineup if lineup is None else lineup_of(lineup, settings.lineup)
    network = averaged_network(run, stems)
    for stem in (*(bias or {}), *(gate or {})):
        if stem not in stems.stems:
            raise UserError(f"There is no stem '{stem}'. Choose one of: {', '.join(stems.stems)}.")
    calibration: dict[str, Any] = {}
    if bias is None or gate is None:
        training, held = Pool(pool, "train"), _held(pool, settings)
    given = {"bias": bias, "threshold": gate}
    if bias is None:
        bias = _bias(network, training, held, stems, calibration, max(examples * 2 // 3, 2))
    add_bias(network, bias, stems)
    if gate is None:
        found = calibrate(network, training, held, settings.mixing, stems, examples)
        gate = {stem: facts["threshold"] for stem, facts in found.items()}
        calibration |= {"gate_criterion": CRITERION, "gates": found}
    entries = cards.licences(run)
    allowed, why = cards.weights_licence(entries)
    table, lacking = cards.classes(run, settings.lineup.classes)
    known = {
        "author": list(failures),
        "material": lacking,
        "calibration": [
            f"The gate of {stem} is off: {facts['why']}"
            for stem, facts in calibration.get("gates", {}).items()
            if facts.get("why")
        ],
    }
    card: dict[str, Any] = {
        "model": {
            "name": name,
            "version": version,
            "stems": list(stems.stems),
            "licence": licence or allowed,
            "licence_note": "As its maker states." if licence else why,
            "attribution": cards.attribution(entries),
        },
        "gate": {stem: {"threshold": gate[stem]} for stem in stems.stems if stem in gate},
        "modes": {"trained": _trained(settings.mixing)},
        "classes": table,
        "training": {
            **cards.training(run),
            "parts": list(cards.origin(run).get("parts", settings.lineup.stems)),
            "bias": bias,
            "bias_note": "Added to the stems' mask logits after training, chosen on training songs only.",
            "shipped_with": _command(run, lineup, name, version, given, half),
            "calibration": calibration,
            "target": settings.mixing.target,
            "exponent": settings.mixing.exponent,
        },
        "licences": entries,
        "failures": cards.failures(known),
    }
    if report is not None:
        _add_figures(card, report)
    return export_bundle(network, network.config, card, folder, half=half)


def _held(pool: Path, settings: Settings) -> Pool | None:
    """The songs of the pool that training held out; None without any."""
    if not settings.mixing.holdout:
        return None
    found = held_out(pool, settings.mixing.holdout)
    return found if any(len(song.stems) > 1 for song in found.songs) else None


def _bias(
    network: StreamingNetwork, training: Pool, held: Pool | None, lineup: Lineup, notes: dict[str, Any], examples: int
) -> dict[str, float]:
    """Bias of the vocals, on songs that were held out if somebody sings in them, else on training songs."""
    if "vocals" not in lineup.stems or network.config["kind"] != "joint":
        return {}
    for material, what in ((held, "held-out songs"), (training, "training songs")):
        levels = karaoke_levels(network, material, BIASES, examples, lineup=lineup) if material is not None else []
        if levels:
            notes["karaoke_material"], notes["karaoke_levels"] = what, levels
            if len(lineup.stems) == 2:
                return {"vocals": choose_bias(levels, VOCALS_ALONE, sdr=REST_SDR)}
            return {"vocals": choose_bias(levels, VOCALS, REST)}
    return {}


def _command(
    run: Path,
    lineup: str | Sequence[str] | None,
    name: str,
    version: str,
    given: dict[str, dict[str, float] | None],
    half: bool = False,
) -> str:
    chosen = "" if lineup is None else f" --lineup {lineup if isinstance(lineup, str) else ','.join(lineup)}"
    for option, values in given.items():
        if values is not None:
            words = [f"{stem}={value:g}" for stem, value in values.items()] or ["none"]
            chosen += "".join(f" --{option} {word}" for word in words)
    chosen += " --fp16" if half else ""
    return f"rtiass-train ship {run.name}{chosen} --name {name} --version {version} --pool pool -o {name}"


def _add_figures(card: dict[str, Any], report: dict[str, Any]) -> None:
    """Put an evaluation on a card: its figures, and the goals it misses among the known failures."""
    card["figures"] = cards.figures(report)
    old = ("evaluation", cards.UNMEASURED)
    kept = [entry for entry in card.get("failures", []) if entry.get("shown_by") not in old]
    card["failures"] = kept + cards.failures({"evaluation": report.get("known_failures", [])})


def fill_figures(bundle: Path, report: dict[str, Any]) -> Bundle:
    """Write an evaluation's figures on the card of a bundle, its network untouched.

    Raises:
        UserError: The report is of another model, or the disk is full; the bundle is as it was then.
    """
    model = load_bundle(bundle)
    if (report.get("model", model.name), list(report.get("stems", model.stems))) != (model.name, list(model.stems)):
        raise UserError(f"The figures are of the model {report.get('model')}, not of {model.name} in {bundle}.")
    card = tomllib.loads((bundle / CARD).read_text("utf-8"))
    _add_figures(card, report)
    with whole_bundle(bundle) as partial:
        for path in bundle.iterdir():
            shutil.copy2(path, partial / path.name)
        (partial / CARD).write_text(to_toml(card), encoding="utf-8")
    return load_bundle(bundle)


def _trained(mixing: MixingConfig) -> list[str]:
    drawn = {(window, period) for window, period, weight in mixing.modes if weight > 0}
    return [m.name for m in ALL_MODES.values() if (m.window, m.period) in drawn and m.hann == mixing.hann]
