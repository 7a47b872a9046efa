"""The budget of a run, in minutes over all resumptions or in steps, and the learning rate that follows it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import EarlyStopping, Timer


def learning_rate_factor(share: float, warmup: float, final: float) -> float:
    """Factor on the peak learning rate at a share of the budget in 0..1: a linear rise, then a cosine."""
    if share < warmup:
        return 0.05 + 0.95 * share / warmup
    progress = min(1.0, (share - warmup) / max(1e-9, 1.0 - warmup))
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * progress))


class Budget(Timer):
    """Lightning's timer, which also counts steps and tells the share of the budget that is used up.

    Args:
        minutes: Time over all resumptions, validations included; 0 is no limit.
        steps: Number of steps; 0 is no limit.
    """

    def __init__(self, minutes: float, steps: int = 0) -> None:
        super().__init__(timedelta(minutes=minutes) if minutes else None, verbose=False)
        self.minutes, self.steps = minutes, steps

    def share(self, trainer: Trainer) -> float:
        """Share of the budget that is used up, in 0..1, the same on all processes."""
        spent = self.time_elapsed() / (60 * self.minutes) if self.minutes else 0.0
        if self.minutes and trainer.world_size > 1:
            # Clocks differ, and a learning rate of each process's own would drive the copies apart.
            spent = trainer.strategy.broadcast(spent)
        counted = trainer.global_step / self.steps if self.steps else 0.0
        return min(1.0, max(spent, counted))

    def on_train_start(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Stop at once if an earlier run has used up the budget."""
        super().on_train_start(trainer, *args, **kwargs)
        self._count(trainer)

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Ask the trainer to stop when the budget is used up."""
        super().on_train_batch_end(trainer, *args, **kwargs)
        self._count(trainer)

    def _count(self, trainer: Trainer) -> None:
        if self.steps and trainer.global_step >= self.steps:
            trainer.should_stop = True


class Patience(EarlyStopping):
    """Lightning's early stopping, whose patience is the configuration's even if a resumed run had another."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the best loss and the epochs since."""
        super().load_state_dict({**state_dict, "patience": self.patience})
