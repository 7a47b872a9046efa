"""Checkpoints: Lightning's, from which training goes on to the exact step, and the small one that is shipped from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import TorchCheckpointIO

from offline_train.fit.average import Average
from offline_train.fit.files import write_whole
from offline_train.fit.module import DEVELOPMENT, Fit
from offline_train.fit.saved import LAST, SMALL
from offline_train.fit.signals import Signals


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes Lightning's checkpoints whole: a full disk leaves the previous one as it was."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a checkpoint.

        Raises:
            UserError: The disk is full.
        """
        write_whole(path, lambda part: torch.save(checkpoint, part))


class Saver(Checkpoint):
    """Writes both checkpoints every few minutes and when the trainer stops.

    It comes last among the callbacks of a step, so what it writes includes what the others did. A step after which a
    validation is due is not written: the state between the two is nobody's, and the next step comes soon.

    Args:
        folder: Run folder.
        average: Where the averaged weights are.
        signals: Tells whether somebody asked to stop.
        elapsed: Seconds of the budget used up.
        manifest: Copies the pool's list; the pool may have grown.
        clock: Seconds.
    """

    def __init__(
        self,
        folder: Path,
        average: Average,
        signals: Signals,
        elapsed: Callable[[], float],
        manifest: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self.average, self.signals, self.elapsed, self.clock = folder, average, signals, elapsed, clock
        self.manifest = manifest
        self.best = math.inf
        self.next = math.inf
        self.saved_step = -1

    def state_dict(self) -> dict[str, Any]:
        """The best development loss so far."""
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the best development loss of the run before."""
        self.best = state_dict["best"]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock; a new run is written at once, so that a full disk is known before hours of work."""
        assert isinstance(pl_module, Fit)
        self.next = self.clock() + 60 * pl_module.settings.fit.checkpoint_minutes
        self.saved_step = trainer.global_step
        if trainer.global_step == 0:
            self.export(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write what is due."""
        assert isinstance(pl_module, Fit)
        stop = self.signals.asked(trainer)
        due = self.clock() >= self.next
        if trainer.world_size > 1:
            due = trainer.strategy.broadcast(due)
        validation = trainer.global_step % pl_module.settings.fit.epoch_steps == 0 and trainer.limit_val_batches
        if (stop or due) and (not validation or trainer.should_stop):
            self.save(trainer, pl_module)
            if stop:
                trainer.limit_val_batches = 0  # whoever asks to stop does not want to wait for a last look
                trainer.should_stop = True
        elif trainer.should_stop:
            self.save(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write where early stopping ended training, which no step told."""
        assert isinstance(pl_module, Fit)
        if self.saved_step != trainer.global_step:
            self.save(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """With patience, keep the best averaged weights."""
        assert isinstance(pl_module, Fit)
        value = trainer.callback_metrics.get(DEVELOPMENT)
        if value is not None and float(value) < self.best:
            self.best = float(value)
            if pl_module.settings.fit.patience:
                self.export(trainer, pl_module)

    def save(self, trainer: Trainer, module: Fit) -> None:
        """Write both checkpoints, and the list of what they were trained on."""
        trainer.save_checkpoint(self.folder / LAST)
        self.saved_step = trainer.global_step
        if trainer.is_global_zero:
            self.manifest()
        self.next = self.clock() + 60 * module.settings.fit.checkpoint_minutes
        if not module.settings.fit.patience:
            self.export(trainer, module)

    def export(self, trainer: Trainer, module: Fit) -> None:
        """Write the averaged weights with what builds their network."""
        if not trainer.is_global_zero:
            return
        state = {
            "network": module.settings.network | module.network.config,
            "stems": list(module.settings.lineup.stems),
            "average": self.average.network_state(),
            "step": trainer.global_step,
            "elapsed": self.elapsed(),
            "seconds": module.seconds,
        }
        write_whole(self.folder / SMALL, lambda part: torch.save(state, part))
