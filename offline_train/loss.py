"""The multitask loss: compressed masked magnitudes and instrument activity.

After L = MSE + alpha BCE of Hung and Lerch (ISMIR 2020), with two changes: magnitudes are compressed by a
power (on linear ones the loss belongs to kick and bass), and each example is divided by its mixture's
compressed energy, so that a loud example does not own the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

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
        scale: Factor of the whole mask loss. Magnitudes here are those of frames whose noise has unit power; the sum of
            the squared analysis window makes the squared error that of plain frames, which the paper's alpha is for.
    """

    alpha: float = 0.05
    weights: dict[str, float] = field(default_factory=dict)
    normalise: str = "mixture"
    last_activity: bool = True
    scale: float = 1.0

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
        if not self.scale > 0:
            return "scale", "must be above 0"
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
    members = [row.members for row in rows] if rows is not None else [(index,) for index in range(mask.shape[1])]
    fit = _Error.apply(mask, batch.power, batch.cross, members, exponent) + batch.own
    if normalise == "none":
        return fit / batch.power[0].numel()
    energy = batch.power.sum(dim=(1, 2)).clamp(min=1.0).unsqueeze(1)
    if normalise == "root":
        return fit / (energy * batch.own.clamp(min=1.0).maximum(0.01 * energy)).sqrt()
    return fit / energy


class _Error(torch.autograd.Function):
    """Sum over time and bins of ``m^2p power - 2 m^p cross``, shape (B, rows), m being the sum of a row's masks.

    Written out with its gradient, row by row, for these are the largest tensors of a training step: left to autograd
    they cost twice the passes over memory.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, mask: Tensor, power: Tensor, cross: Tensor, members: Sequence[Sequence[int]], exponent: float
    ) -> Tensor:
        bins = power.shape[-1]
        alone = {stems[0] for stems in members if len(stems) == 1}
        whole = len(alone) == mask.shape[1] and bins == mask.shape[3]
        # The rows of single stems have their derivative in the place of the stem.
        gradient = torch.empty_like(mask) if whole else torch.zeros_like(mask)
        ctx.gradient, ctx.members, ctx.shared, values = gradient, members, [], []
        for index, stems in enumerate(members):
            m = mask[:, stems[0], :, :bins]
            for stem in stems[1:]:
                m = m + mask[:, stem, :, :bins]
            slope = gradient[:, stems[0], :, :bins] if len(stems) == 1 else torch.empty_like(m)
            values.append(_slope(m, power, cross[:, index], exponent, slope))
            if len(stems) > 1:
                ctx.shared.append((index, slope))
        return torch.stack(values, dim=1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None, None]:
        (weight,) = grads
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            raise RuntimeError("the gradient of a mask loss can be taken once: it is made in place")
        for index, stems in enumerate(ctx.members):
            if len(stems) == 1:
                gradient[:, stems[0]] *= weight[:, index, None, None]
        for index, slope in ctx.shared:
            slope *= weight[:, index, None, None]
            for stem in ctx.members[index]:
                gradient[:, stem, :, : slope.shape[-1]] += slope
        return gradient, None, None, None, None


def _slope(m: Tensor, power: Tensor, cross: Tensor, exponent: float, out: Tensor) -> Tensor:
    """Of ``m^2p power - 2 m^p cross``: the sum, shape (B,), and into ``out`` the derivative by m, (B, T, bins)."""
    root = m if exponent == 1.0 else (m + TINY).pow_(exponent)  # which takes square roots as such
    # With r = m^p: the sum is of r (r power - 2 cross), the derivative 2 p (r power - cross) m^(p-1).
    torch.mul(root, power, out=out)
    out -= cross
    value = (root * (out - cross)).sum(dim=(1, 2))
    if exponent == 0.5:
        out /= root
    else:
        out *= 2.0 if exponent == 1.0 else (m + TINY).pow_(exponent - 1.0).mul_(2 * exponent)
    return value


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
        total = config.scale * (self.weights[keep] * errors).sum() + config.alpha * activity
        parts = {row.name: error.detach() for row, error in zip(rows, errors, strict=True)}
        return total, {**parts, "activity": activity.detach()}
