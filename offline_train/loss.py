"""The multitask loss: compressed masked magnitudes and instrument activity.

After L = MSE + alpha BCE of Hung and Lerch (ISMIR 2020), with two changes: magnitudes are compressed by a
power (on linear ones the loss belongs to kick and bass), and each example is divided by its mixture's
compressed energy, so that a loud example does not own the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from offline_train.mixing import Batch
from offline_train.rows import Row

TINY = 1e-8
NORMALISE = ("mixture", "root", "none")


@dataclass(frozen=True)
class LossConfig:
    """How errors are weighed.

    Attributes:
        alpha: Weight of the activity loss. The paper gives none, and its mask loss has another scale.
        weights: Weight of a row of the mask loss by its name, 1 where none is given.
        normalise: "mixture": divide each example's error by the compressed energy of its mixture; "root": by that of
            the mixture times that of the row, square-rooted, so that quiet stems count more; "none": by the number of
            values, the paper's plain mean squared error.
        last_activity: Whether the last stem's activity counts; it has no gate.
    """

    alpha: float = 0.05
    weights: dict[str, float] = field(default_factory=dict)
    normalise: str = "mixture"
    last_activity: bool = True

    def problem(self, rows: Sequence[Row]) -> tuple[str, str] | None:
        """The first key whose value cannot be with these rows, and why; None if all is well."""
        names = [row.name for row in rows]
        for name, weight in self.weights.items():
            if name not in names:
                return "weights", f"names {name!r}, which is not compared; what is: {', '.join(names)}"
            if not isinstance(weight, int | float) or isinstance(weight, bool) or weight < 0:
                return "weights", f"has {weight!r} for {name}; it must be a number, 0 or more"
        if self.alpha < 0:
            return "alpha", "must be 0 or more"
        if self.normalise not in NORMALISE:
            return "normalise", f"must be one of {', '.join(NORMALISE)}, not {self.normalise!r}"
        return None


def mask_loss(
    mask: Tensor, batch: Batch, exponent: float, rows: Sequence[Row] | None = None, normalise: str = "mixture"
) -> Tensor:
    """Squared error of compressed magnitudes per example and row, over an energy.

    Args:
        mask: Shape (B, stems, T, BINS) in 0..1.
        batch: The sums it is compared with.
        exponent: Compression p.
        rows: What is compared; None: each stem by itself.
        normalise: See :class:`LossConfig`.

    Returns:
        Shape (B, rows).
    """
    m = mask[..., : batch.power.shape[-1]]
    if rows is not None and any(len(row.members) > 1 for row in rows):
        m = torch.cat([m, *(m[:, row.members].sum(1, True) for row in rows if len(row.members) > 1)], dim=1)
    if exponent == 1.0:
        first, root = m.square(), m
    elif exponent == 0.5:
        first, root = m, (m + TINY).sqrt()
    else:
        root = (m + TINY).pow(exponent)
        first = root.square()
    fit = (first * batch.power.unsqueeze(1) - 2 * root * batch.cross).sum(dim=(2, 3)) + batch.own
    energy = batch.power.sum(dim=(1, 2)).clamp(min=1.0).unsqueeze(1)
    if normalise == "none":
        return fit / batch.power[0].numel()
    if normalise == "root":
        return fit / (energy * batch.own.clamp(min=1.0).maximum(0.01 * energy)).sqrt()
    return fit / energy


class MaskLoss(nn.Module):
    """Total loss of a batch.

    Args:
        config: Weights.
        rows: What is compared, see :func:`offline_train.rows.target_rows`.
        exponent: Compression p of the batches.
    """

    def __init__(self, config: LossConfig, rows: Sequence[Row], exponent: float) -> None:
        super().__init__()
        self.config, self.rows, self.exponent = config, list(rows), exponent
        self.weights: Tensor
        self.register_buffer("weights", torch.tensor([config.weights.get(row.name, 1.0) for row in rows]), False)

    def forward(self, mask: Tensor, logits: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of masks (B, S, T, BINS) and activity logits (B, S, T); S may be a first part of the batch's stems.

        Returns:
            The total, and its parts without gradient: each row by name and ``activity``.
        """
        config, stems = self.config, mask.shape[1]
        keep = [index for index, row in enumerate(self.rows) if max(row.members) < stems]
        rows = [self.rows[index] for index in keep]
        part = batch
        if len(keep) < len(self.rows):
            part = replace(batch, cross=batch.cross[:, keep], own=batch.own[:, keep])
        errors = mask_loss(mask, part, self.exponent, rows, config.normalise).mean(dim=0)
        counted = stems if config.last_activity or stems < 2 else stems - 1
        activity = binary_cross_entropy_with_logits(logits[:, :counted], batch.active[:, :counted])
        total = (self.weights[keep] * errors).sum() + config.alpha * activity
        parts = {row.name: error.detach() for row, error in zip(rows, errors, strict=True)}
        return total, {**parts, "activity": activity.detach()}
