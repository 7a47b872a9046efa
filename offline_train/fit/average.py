"""Averaged weights: an exponential moving average of parameters and of batch normalisation's statistics."""

from __future__ import annotations

from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor


class Average(WeightAveraging):
    """Lightning's weight averaging with a decay that grows to its value over the first steps.

    Validation runs on the average; training goes on with the weights themselves, at the end too, so that a run can
    be taken up again after its budget has been raised.

    Args:
        decay: Decay a step, in 0..1. After n updates it is at most (1 + n) / (10 + n), so that the random weights
            of the start are soon forgotten.
    """

    def __init__(self, decay: float) -> None:
        def blend(average: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
            if not average.is_floating_point():
                return current
            n = int(updates)
            return average.lerp(current.to(average), 1.0 - min(decay, (1 + n) / (10 + n)))

        super().__init__(avg_fn=blend)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Update the average, unless the step was skipped."""
        if getattr(pl_module, "skipped", False):
            return
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the weights as they are: the last checkpoint must be one that training can go on from."""

    def network_state(self) -> dict[str, Tensor]:
        """The averaged weights and buffers of ``pl_module.network``, on the CPU."""
        assert self._average_model is not None
        state = self._average_model.module.network.state_dict()  # type: ignore[union-attr]
        return {name: value.detach().cpu().clone() for name, value in state.items()}
