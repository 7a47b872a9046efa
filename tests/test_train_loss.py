"""The multitask loss."""

import pytest
import torch

from offline_train.loss import mask_loss, multitask_loss
from offline_train.mixing import Batch


def one_stem_a_bin():
    """Four stems, each alone in a quarter of the bins: an ideal mask of zeros and ones exists."""
    power = torch.rand(2, 3, 8, generator=torch.Generator().manual_seed(0)) + 0.5
    mask = torch.eye(4).repeat_interleave(2, dim=1)[None, :, None].expand(2, 4, 3, 8).contiguous()
    cross = mask * power.unsqueeze(1)
    active = torch.ones(2, 4, 3)
    return mask, Batch(torch.zeros(1), power, cross, cross.sum(dim=(2, 3)), active, 2048, 1024, 1.0)


def test_the_ideal_mask_costs_nothing():
    mask, batch = one_stem_a_bin()
    assert float(mask_loss(mask, batch, torch.ones(4), 0.5).abs().max()) < 1e-3


def test_a_flat_mask_costs_more():
    mask, batch = one_stem_a_bin()
    # A quarter everywhere: with p = 1/2 the error is 1/4 of a stem where it is alone, and of the mixture elsewhere.
    loss = mask_loss(torch.full_like(mask, 0.25), batch, torch.ones(4), 0.5).sum(dim=1)
    torch.testing.assert_close(loss, torch.ones(2), rtol=1e-3, atol=1e-3)


def test_loud_examples_do_not_own_the_loss():
    mask, batch = one_stem_a_bin()
    flat = torch.full_like(mask, 0.25)
    soft = mask_loss(flat, batch, torch.ones(4), 0.5)
    loud = Batch(
        batch.magnitude, *(100 * x for x in (batch.power, batch.cross, batch.own)), batch.active, 2048, 1024, 1
    )
    torch.testing.assert_close(mask_loss(flat, loud, torch.ones(4), 0.5), soft)


def test_stem_weights_and_alpha_scale_their_terms():
    mask, batch = one_stem_a_bin()
    flat, logits = torch.full_like(mask, 0.25), torch.zeros(2, 4, 3)
    total, stems, activity = multitask_loss(flat, logits, batch, torch.tensor([2.0, 1.0, 1.0, 0.0]), 0.5, 0.1)
    _, plain, _ = multitask_loss(flat, logits, batch, torch.ones(4), 0.5, 0.0)
    torch.testing.assert_close(stems, plain * torch.tensor([2.0, 1.0, 1.0, 0.0]))
    assert float(activity) == pytest.approx(0.6931, abs=1e-4)
    assert float(total) == pytest.approx(float(stems.sum()) + 0.06931, abs=1e-4)


def test_gradient_is_finite_at_a_mask_of_zero():
    mask, batch = one_stem_a_bin()
    mask = mask.clone().requires_grad_()
    mask_loss(mask, batch, torch.ones(4), 0.5).sum().backward()
    assert torch.isfinite(mask.grad).all()
