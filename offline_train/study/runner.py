"""Trains the variants of a plan for a fixed amount of processor time each, and notes what comes of it.

Processor time, not wall time, is the budget: it is what a variant costs, and a busy machine changes it little.
"""

from __future__ import annotations

import copy
import json
import math
import multiprocessing
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import torch
from torch import nn

from offline_train.denormals import flushed
from offline_train.joint import JointNet
from offline_train.lineup import LINEUPS, Lineup
from offline_train.loss import LossConfig, MaskLoss
from offline_train.macs import count_macs
from offline_train.mixing import Batches
from offline_train.mixing_config import MixingConfig
from offline_train.network import build
from offline_train.pool import Pool
from offline_train.settings import parse
from offline_train.study.measure import held_out, judge
from rtiass.errors import UserError

PLAN = Path(__file__).with_name("plan.toml")
STATISTICS_STEPS = 4
LIMIT = 10**9


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """A table with another laid over it, tables within tables too; an empty table replaces one."""
    out = copy.deepcopy(base)
    for key, value in change.items():
        if isinstance(value, dict) and value and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = copy.deepcopy(value)
    return out


def load_plan(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The base settings, and those of every variant laid over them.

    Raises:
        UserError: The plan is missing or no TOML.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(
            f"The plan {path} cannot be read: {error}. Name a TOML file with [base] and [variant.NAME]."
        ) from error
    base = table["base"]
    return base, {name: merged(base, change) for name, change in table["variant"].items()}


@flushed()
def run(settings: dict[str, Any], pool: Path, threads: int = 2) -> dict[str, Any]:
    """Train one variant and judge it.

    Args:
        settings: Tables ``network``, ``mixing``, ``loss``, ``fit`` and the list ``stems``.
        pool: Pool folder.
        threads: Of the training step.

    Returns:
        Figures of :func:`judge` by mode, steps, seconds of audio, cost and size.
    """
    fit, lineup = settings["fit"], Lineup(tuple(settings["stems"]))
    torch.set_num_threads(threads)
    torch.manual_seed(settings["seed"])
    config = mixing(settings["mixing"])
    batches = Batches(str(pool), config, settings["seed"], lineup)
    network = build(settings["network"])
    fit_statistics = getattr(network, "fit_statistics", None)
    if fit_statistics is not None:
        fit_statistics(torch.cat([batches.mixer.batch(LIMIT + k).magnitude for k in range(STATISTICS_STEPS)]))
    half = fit.get("precision") == "bf16-mixed"
    layout = torch.channels_last if fit.get("channels_last") else torch.contiguous_format
    network.to(memory_format=layout)  # type: ignore[call-overload]
    average = copy.deepcopy(network)
    criterion = MaskLoss(LossConfig(**settings["loss"]), batches.mixer.rows, config.exponent)
    optimizer = torch.optim.AdamW(
        network.parameters(), fit["learning_rate"], betas=(0.9, 0.99), weight_decay=fit["weight_decay"]
    )
    # Forked where that can be had, also in a spawned process: else the whole pool would be sent to the loader.
    context = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    loader = torch.utils.data.DataLoader(
        batches,
        batch_size=None,
        sampler=range(LIMIT),
        num_workers=1,
        prefetch_factor=3,
        multiprocessing_context=context,
    )
    steps, heard, spent, took = 0, 0.0, 0.0, []
    network.train()
    for batch in loader:
        before = time.process_time()
        for group in optimizer.param_groups:
            group["lr"] = fit["learning_rate"] * _schedule(spent / fit["processor_seconds"])
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            magnitude = batch.magnitude.contiguous(memory_format=layout)
            masks, logits, _ = network(magnitude, bins=batch.power.shape[-1])
        loss, _ = criterion(masks.float(), logits.float(), batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if math.isfinite(float(nn.utils.clip_grad_norm_(network.parameters(), fit["clip"]))):
            optimizer.step()
        steps, heard = steps + 1, heard + batch.seconds
        follow(average, network, min(fit["ema"], (1 + steps) / (10 + steps)))
        took.append(time.process_time() - before)
        spent += took[-1]
        if spent >= fit["processor_seconds"]:
            break
    average.eval()
    alone = 0 if fit.get("alone") else None
    if fit.get("judge"):
        # A finer line-up is judged by the coarser one that the others have.
        assert isinstance(average, JointNet)
        average.merge, lineup = Lineup(LINEUPS[fit["judge"]]).merge(lineup.stems), Lineup(LINEUPS[fit["judge"]])
    excerpts = held_out(Pool(pool), tuple(fit.get("judged", config.holdout)), lineup)
    figures = {mode: judge(average, excerpts, lineup, mode, alone) for mode in fit["modes"]}
    return {
        "steps": steps,
        "hours": round(heard / 3600, 3),
        "step_seconds": round(sorted(took)[len(took) // 2], 3),
        "parameters": sum(p.numel() for p in network.parameters()),
        "macs": count_macs(network),
        "figures": figures,
    }


def mixing(table: dict[str, Any]) -> MixingConfig:
    """The configuration of a table, as a training run would read it."""
    return parse({"mixing": table}).mixing


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move averaged weights towards the network's."""
    for ours, theirs in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if ours.is_floating_point():
            ours.lerp_(theirs, 1.0 - decay)
        else:
            ours.copy_(theirs)


def _schedule(share: float) -> float:
    """Linear rise over a twentieth of the budget, then a cosine to a hundredth."""
    if share < 0.05:
        return 0.05 + 0.95 * share / 0.05
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, (share - 0.05) / 0.95)))


def study(names: Iterable[str], plan: Path, pool: Path, results: Path, threads: int = 2, jobs: int = 1) -> None:
    """Run variants that have no result yet, and add each result to a file of JSON lines.

    Args:
        names: Variants of the plan; all if there are none.
        plan: The plan.
        pool: Pool folder.
        results: File of JSON lines.
        threads: Of each variant's training step.
        jobs: Variants that are trained at the same time, in processes of their own.

    Raises:
        UserError: The plan has no such variant, or a variant could not be run.
    """
    _, variants = load_plan(plan)
    done = {row["variant"] for row in rows(results)}
    wanted = list(names) or list(variants)
    for name in wanted:
        if name not in variants:
            raise UserError(f"The plan has no variant {name!r}; it has {', '.join(variants)}.")
    waiting = {name: variants[name] for name in wanted if name not in done}
    for name, found in _each(waiting, pool, threads, jobs):
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"variant": name, **found}) + "\n")
        print(f"{name}: {found['steps']} steps, {found['figures']}", flush=True)


def _each(
    variants: dict[str, dict[str, Any]], pool: Path, threads: int, jobs: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run variants, and yield each when it is done."""
    if jobs == 1:
        for name, settings in variants.items():
            yield name, run(settings, pool, threads)
        return
    # Spawned: a forked process would inherit PyTorch's threads, of which it has only the locks.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
        running = {processes.submit(run, settings, pool, threads): name for name, settings in variants.items()}
        for future in as_completed(running):
            yield running[future], future.result()


def rows(results: Path) -> list[dict[str, Any]]:
    """Results so far."""
    return [json.loads(line) for line in results.read_text("utf-8").splitlines()] if results.is_file() else []
