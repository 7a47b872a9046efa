"""Starting and resuming a run."""

from __future__ import annotations

import logging
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from offline_train import card
from offline_train.denormals import flushed
from offline_train.fit.average import Average
from offline_train.fit.budget import Budget, Patience
from offline_train.fit.checkpoint import Saver, WholeCheckpointIO
from offline_train.fit.data import PoolData
from offline_train.fit.files import disk_errors
from offline_train.fit.folder import copy_config, copy_manifest, last_start, write_facts
from offline_train.fit.log import Log
from offline_train.fit.module import DEVELOPMENT, Fit
from offline_train.fit.saved import LAST, SMALL, read_tensors
from offline_train.fit.signals import Signals
from offline_train.fit.warm import Origin, begin_with, parts_of, read_origin, with_network, write_origin
from offline_train.settings import Settings, find_config, load_settings
from rtiass.errors import UserError


class UsedUpError(UserError):
    """There is nothing left of the budget of the run that was to go on."""


class Interrupted(SystemExit):
    """Training was asked to stop and has written where it stands; the code is 128 plus the signal's number."""


def start(
    config: Path,
    folder: Path,
    pool: Path | None = None,
    resume: bool = False,
    target: str | None = None,
    origin: str | Path | None = None,
    **overrides: Any,
) -> None:
    """Train from a configuration file into a run folder.

    Args:
        config: TOML file; a resumed run takes the folder's own copy.
        folder: Run folder; must not hold a run already, unless ``resume``.
        pool: Pool folder; None: ``pool``, or that of the run that is resumed.
        resume: Go on from the folder's checkpoint, to the exact step.
        target: Another target, for a line-up of a target and the rest.
        origin: Model or run whose weights training begins with.
        overrides: Values of ``[fit]``; None leaves the configuration's, or those that the resumed run was started with.

    Raises:
        UserError: The folder holds a run already, there is nothing to resume, a setting cannot be, or the disk is full.
        Interrupted: A signal asked to stop; the state is on the disk.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    if resume:
        if not (folder / LAST).is_file():
            raise UserError(f"There is no checkpoint {folder / LAST} to go on from. Train without --resume.")
        if target is not None:
            raise UserError("The target of a run cannot be changed. Leave --target out, or train into another folder.")
        if origin is not None:
            raise UserError("A run that goes on has weights already. Leave --from out, or train into another folder.")
        config = folder / "config.toml"
        before = last_start(folder)
        given = before.get("overrides", {}) | given
        pool = pool or Path(before.get("pool", "pool"))
    elif _first() and ((folder / LAST).is_file() or (folder / SMALL).is_file()):
        raise UserError(f"{folder} holds a run already. Add --resume to go on, or choose another folder.")
    config = find_config(config)
    settings = load_settings(config).with_fit(**given)
    if target is not None:
        settings = settings.with_target(target)
    begin = None if origin is None else read_origin(origin)
    if begin is not None:
        settings = with_network(settings, begin)
    elif resume and card.origin(folder):
        settings = replace(settings, network=card.origin(folder)["network"])
    data = PoolData(pool or Path("pool"), settings)
    if _first() and not resume:
        copy_config(config, folder, settings.lineup.stems)
    run(settings, data, folder, resume, given, origin=begin)


@flushed()
def run(
    settings: Settings,
    data: PoolData,
    folder: Path,
    resume: bool = False,
    overrides: dict[str, Any] | None = None,
    extra: list[Callback] | None = None,
    origin: Origin | None = None,
) -> Fit:
    """Train with given settings; see :func:`start`.

    Args:
        settings: The configuration.
        data: Batches.
        folder: Run folder.
        resume: Go on from the folder's checkpoint.
        overrides: What the command line changed, for ``run.json``.
        extra: Further callbacks, before those that write.
        origin: What training begins with, if not with random weights; ``settings`` have its network.

    Returns:
        The module as it stands at the end.
    """
    _quiet()
    config = settings.fit
    torch.manual_seed(settings.seed)
    torch.set_num_threads(config.threads)
    budget, signals = Budget(config.minutes, config.steps), Signals()
    signals.listen()
    try:
        module = Fit(settings, budget)
    except (TypeError, ValueError) as error:
        raise UserError(f"[network] cannot be built: {error}") from error
    trainer = make_trainer(settings, data.folder, folder, budget, signals, extra or [])
    first = int(read_tensors(folder / LAST)["global_step"]) if resume else 0
    if origin is not None:
        parts = parts_of(settings.lineup, origin)
        new = begin_with(module.network, parts, origin)
        if _first():
            write_origin(folder, origin, parts, settings.network)
            print(f"Begins with {origin.name}; new: {', '.join(new) or 'none'}", flush=True)
    elif not resume:
        fit_statistics = getattr(module.network, "fit_statistics", None)
        if fit_statistics is not None and config.statistics_batches:
            fit_statistics(data.statistics())
    if _first():
        items = copy_manifest(data.folder, folder)
        write_facts(folder, data.folder, module, overrides or {}, first)
        seconds = {key: round(value) for key, value in data.batches.mixer.pool.seconds().items()}
        print(f"{items} items in the pool; seconds of material for training: {seconds}", flush=True)
    try:
        trainer.fit(module, data, ckpt_path=str(folder / LAST) if resume else None, weights_only=True)
    except OSError as error:
        with disk_errors(error.filename or folder / "tensorboard"):
            raise
    finally:
        signals.forget()
    if signals.received:
        if _first():
            print(f"Stopped at step {trainer.global_step}. Go on with: rtiass-train train --out {folder} --resume")
        raise Interrupted(128 + signals.received)
    if resume and trainer.global_step == first:
        raise UsedUpError(f"The run in {folder} has used up its budget. Give a larger one with --minutes or --steps.")
    return module


def make_trainer(
    settings: Settings, pool: Path, folder: Path, budget: Budget, signals: Signals, extra: list[Callback]
) -> Trainer:
    """Lightning's trainer with this project's callbacks, in the order in which a step needs them."""
    config = settings.fit
    average = Average(config.ema)
    callbacks: list[Callback] = [average, budget, *extra, signals, Log(folder, pool)]
    if config.patience:
        callbacks.append(Patience(DEVELOPMENT, patience=config.patience, check_finite=False))
    callbacks.append(Saver(folder, average, signals, budget.time_elapsed, lambda: copy_manifest(pool, folder)))
    try:
        return Trainer(
            accelerator=config.accelerator,
            devices=config.devices if config.devices == "auto" else int(config.devices),
            num_nodes=config.nodes,
            strategy=config.strategy,
            precision=config.precision,  # type: ignore[arg-type]
            max_epochs=-1,
            val_check_interval=config.epoch_steps,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=callbacks,
            plugins=[WholeCheckpointIO()],
            logger=TensorBoardLogger(folder, name="", version="tensorboard"),
            log_every_n_steps=20,
            default_root_dir=folder,
        )
    except (ValueError, TypeError, RuntimeError, ImportError, MisconfigurationException) as error:
        # Lightning's own words about a device, strategy or precision that this machine does not have.
        raise UserError(
            f"[fit] accelerator, devices, nodes, strategy or precision do not suit this machine: {error}"
        ) from error


def _first() -> bool:
    """Whether this is the first of the processes that train together, as their environment says."""
    return getattr(rank_zero_only, "rank", 0) == 0


def _quiet() -> None:
    """Silence advice that does not hold here: few loader processes are enough, and the log says so if not."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*GPU available but not used.*")
    warnings.filterwarnings("ignore", message=".*torchmetrics.*|.*pkg_resources.*|.*treespec.*", category=Warning)
