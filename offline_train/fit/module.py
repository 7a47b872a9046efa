"""The Lightning module: one step of training, one of validation, optimizer and schedule."""

from __future__ import annotations

import math
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor

from offline_train.fit.budget import Budget, learning_rate_factor
from offline_train.loss import MaskLoss
from offline_train.mixing import Batch
from offline_train.network import build
from offline_train.rows import target_rows
from offline_train.settings import Settings
from rtiass.errors import UserError

DEVELOPMENT = "development"
"""Name of the loss on the development set, by which plateau and patience decide."""


class Fit(LightningModule):
    """Network, loss and optimizer of a run.

    Args:
        settings: The configuration.
        budget: Tells the share of the budget that is used up.
    """

    def __init__(self, settings: Settings, budget: Budget) -> None:
        super().__init__()
        self.settings, self.budget = settings, budget
        self.network = build(settings.network)
        self.criterion = MaskLoss(
            settings.loss, target_rows(settings.lineup, settings.mixing.views), settings.mixing.exponent
        )
        config = settings.fit
        self.layout = torch.channels_last if config.channels_last else torch.contiguous_format
        self.network.to(memory_format=self.layout)  # type: ignore[call-overload]
        if config.compile:
            self.network.compile()
        self.seconds = 0.0
        """Seconds of audio heard so far, by all processes."""
        self.skipped = False
        """Whether the last step was skipped."""
        self.skips = 0
        """Steps without a finite gradient so far."""
        self.skips_in_row = 0
        self.record: dict[str, Any] = {}
        """What the last step is to be logged with."""
        self._statistics: dict[str, Tensor] = {}

    def losses(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Total loss and its parts of a batch."""
        magnitude = batch.magnitude.contiguous(memory_format=self.layout)
        mask, logits, _ = self.network(magnitude, bins=batch.power.shape[-1])
        with torch.autocast(mask.device.type, enabled=False):
            # The three sums of the error cancel; half precision would not survive that.
            return self.criterion(mask.float(), logits.float(), batch)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of a batch; notes what is logged."""
        # Should the gradient not be finite, the running statistics of normalisation are put back.
        self._statistics = {n: b.detach().clone() for n, b in self.network.named_buffers()}
        loss, parts = self.losses(batch)
        self.seconds += batch.seconds * self.trainer.world_size
        self.record = {
            "loss": loss.detach(),
            **parts,
            "window": batch.window,
            "period": batch.period,
            "seconds": batch.seconds,
            "frames": batch.magnitude.shape[0] * batch.magnitude.shape[2],
        }
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Add a batch of the development set to its loss."""
        loss, parts = self.losses(batch)
        values = {DEVELOPMENT: loss, **{f"{DEVELOPMENT}/{name}": value for name, value in parts.items()}}
        self.log_dict(values, logger=False, on_epoch=True, batch_size=len(batch.active), sync_dist=True)

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the gradient's norm; a gradient that is not finite moves nothing and leaves no trace.

        Raises:
            UserError: Too many steps in a row had no finite gradient.
        """
        config = self.settings.fit
        norm = float(torch.nn.utils.clip_grad_norm_(self.parameters(), config.clip or math.inf))
        self.record["norm"] = norm
        self.skipped = not math.isfinite(norm)
        if not self.skipped:
            self.skips_in_row = 0
            return
        self.skips += 1
        self.skips_in_row += 1
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            for name, buffer in self.network.named_buffers():
                buffer.copy_(self._statistics[name])
        if self.skips_in_row >= config.max_skips:
            raise UserError(
                f"{self.skips_in_row} steps in a row had no finite gradient, the last at step {self.global_step}. "
                "The last checkpoint is from before; go on from it with a smaller learning_rate, or with "
                "--precision 32-true."
            )

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Set the learning rate by the share of the budget."""
        config = self.settings.fit
        if config.schedule == "budget-cosine":
            factor = learning_rate_factor(self.budget.share(self.trainer), config.warmup, config.final)
            for group in self.optimizers(use_pl_optimizer=False).param_groups:  # type: ignore[union-attr]
                group["lr"] = config.learning_rate * factor

    def configure_optimizers(self) -> Any:
        """Optimizer, and the plateau schedule if that is wanted."""
        config = self.settings.fit
        kind = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[config.optimizer]
        betas = (config.betas[0], config.betas[1])
        optimizer = kind(self.network.parameters(), config.learning_rate, betas=betas, weight_decay=config.weight_decay)
        if config.schedule != "plateau":
            return optimizer
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer,
            factor=config.plateau_factor,
            patience=config.plateau_patience,
            cooldown=config.plateau_cooldown,
        )
        every = {"interval": "step", "frequency": config.epoch_steps, "monitor": DEVELOPMENT}
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, **every}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what Lightning does not know of."""
        checkpoint["rtiass"] = {
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "seconds": self.seconds,
            "skips": self.skips,
            "skips_in_row": self.skips_in_row,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with what :meth:`on_save_checkpoint` added."""
        state = checkpoint["rtiass"]
        torch.set_rng_state(state["random"].cpu())
        generators = state.get("random_cuda", [])
        if torch.cuda.is_available() and len(generators) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all([generator.cpu() for generator in generators])
        self.seconds, self.skips, self.skips_in_row = state["seconds"], state["skips"], state["skips_in_row"]
