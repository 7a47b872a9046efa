"""The multitask loss: compressed masked magnitudes and instrument activity.

After L = MSE + alpha BCE of Hung and Lerch (ISMIR 2020), with two changes: magnitudes are compressed by a
power (on linear ones the loss belongs to kick and bass), and each example is divided by its mixture's
compressed energy, so that a loud example does not own the batch.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from offline_train.mixing import Batch

TINY = 1e-8


def mask_loss(mask: Tensor, batch: Batch, weights: Tensor, exponent: float) -> Tensor:
    """Weighted squared error of compressed magnitudes per example and stem, over the mixture's energy.

    Args:
        mask: Shape (B, stems, T, BINS) in 0..1.
        batch: The sums it is compared with.
        weights: Shape (stems,).
        exponent: Compression p.

    Returns:
        Shape (B, stems).
    """
    m = mask[..., : batch.power.shape[-1]]
    if exponent == 0.5:
        first, root = m, (m + TINY).sqrt()
    else:
        root = (m + TINY).pow(exponent)
        first = root.square()
    fit = (first * batch.power.unsqueeze(1) - 2 * root * batch.cross).sum(dim=(2, 3))
    energy = batch.power.sum(dim=(1, 2)).clamp(min=1.0)
    return weights * (fit + batch.own) / energy.unsqueeze(1)


def multitask_loss(
    mask: Tensor, logits: Tensor, batch: Batch, weights: Tensor, exponent: float, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Total loss, mask loss per stem (stems,), and activity loss.

    Args:
        mask: Shape (B, stems, T, BINS).
        logits: Activity logits, shape (B, stems, T).
        batch: Targets.
        weights: Weight of each stem, shape (stems,).
        exponent: Compression p.
        alpha: Weight of the activity loss.
    """
    stems = mask_loss(mask, batch, weights, exponent).mean(dim=0)
    activity = binary_cross_entropy_with_logits(logits, batch.active)
    return stems.sum() + alpha * activity, stems.detach(), activity
