"""The multitask loss."""

from dataclasses import replace

import pytest
import torch

from offline_train.lineup import BAND
from offline_train.loss import LossConfig, MaskLoss, mask_loss
from offline_train.mixing import Batch
from offline_train.rows import target_rows


def one_stem_a_bin():
    """Four stems, each alone in a quarter of the bins: an ideal mask of zeros and ones exists."""
    power = torch.rand(2, 3, 8, generator=torch.Generator().manual_seed(0)) + 0.5
    mask = torch.eye(4).repeat_interleave(2, dim=1)[None, :, None].expand(2, 4, 3, 8).contiguous()
    cross = mask * power.unsqueeze(1)
    active = torch.ones(2, 4, 3)
    return mask, Batch(torch.zeros(1), power, cross, cross.sum(dim=(2, 3)), active, 2048, 1024, 1.0)


def test_the_ideal_mask_costs_nothing():
    mask, batch = one_stem_a_bin()
    assert float(mask_loss(mask, batch, 0.5).abs().max()) < 1e-3


def test_a_flat_mask_costs_more():
    mask, batch = one_stem_a_bin()
    # A quarter everywhere: with p = 1/2 the error is 1/4 of a stem where it is alone, and of the mixture elsewhere.
    loss = mask_loss(torch.full_like(mask, 0.25), batch, 0.5).sum(dim=1)
    torch.testing.assert_close(loss, torch.ones(2), rtol=1e-3, atol=1e-3)


def test_loud_examples_do_not_own_the_loss():
    mask, batch = one_stem_a_bin()
    flat = torch.full_like(mask, 0.25)
    soft = mask_loss(flat, batch, 0.5)
    loud = Batch(
        batch.magnitude, *(100 * x for x in (batch.power, batch.cross, batch.own)), batch.active, 2048, 1024, 1
    )
    torch.testing.assert_close(mask_loss(flat, loud, 0.5), soft)


def total_and_parts(mask, logits, batch, config, views=()):
    return MaskLoss(config, target_rows(BAND, views), 0.5)(mask, logits, batch)


def test_weights_and_alpha_scale_their_terms():
    mask, batch = one_stem_a_bin()
    flat, logits = torch.full_like(mask, 0.25), torch.zeros(2, 4, 3)
    total, parts = total_and_parts(flat, logits, batch, LossConfig(0.1, {"vocals": 2.0, "other": 0.0}))
    assert float(parts["activity"]) == pytest.approx(0.6931, abs=1e-4)
    wanted = 2 * parts["vocals"] + parts["drums"] + parts["bass"] + 0.1 * parts["activity"]
    torch.testing.assert_close(total, wanted)


def test_a_view_compares_the_sum_of_its_stems():
    mask, batch = one_stem_a_bin()
    rest = batch.cross[:, 1:].sum(dim=1, keepdim=True)
    batch = replace(batch, cross=torch.cat((batch.cross, rest), 1), own=torch.cat((batch.own, rest.sum(dim=(2, 3))), 1))
    # The three stems of the accompaniment are mistaken for each other: each is wrong, their sum is not.
    turned = mask[:, [0, 2, 3, 1]]
    _, parts = total_and_parts(turned, torch.zeros(2, 4, 3), batch, LossConfig(), ("karaoke",))
    assert float(parts["drums"]) > 0.1
    assert float(parts["karaoke/accompaniment"]) == pytest.approx(0.0, abs=1e-3)


def test_a_network_of_one_stem_is_compared_with_the_first():
    mask, batch = one_stem_a_bin()
    _, parts = total_and_parts(mask[:, :1], torch.zeros(2, 1, 3), batch, LossConfig())
    assert set(parts) == {"vocals", "activity"}
    assert float(parts["vocals"]) == pytest.approx(0.0, abs=1e-3)


def test_root_normalisation_makes_a_quiet_stem_count_more():
    mask, batch = one_stem_a_bin()
    wrong = mask.clone()
    wrong[:, 0] = 0.0
    quiet = replace(batch, cross=batch.cross.clone(), own=batch.own.clone())
    quiet.cross[:, 0] *= 0.1
    quiet.own[:, 0] *= 0.1
    by_mixture = mask_loss(wrong, quiet, 0.5)[:, 0] / mask_loss(wrong, batch, 0.5)[:, 0]
    by_root = mask_loss(wrong, quiet, 0.5, None, "root")[:, 0] / mask_loss(wrong, batch, 0.5, None, "root")[:, 0]
    assert (by_root > 2 * by_mixture).all()


def test_gradient_is_finite_at_a_mask_of_zero():
    mask, batch = one_stem_a_bin()
    mask = mask.clone().requires_grad_()
    mask_loss(mask, batch, 0.5).sum().backward()
    assert torch.isfinite(mask.grad).all()


@pytest.mark.parametrize("exponent", [0.3, 0.5, 1.0])
def test_gradient_is_that_of_the_error_written_out(exponent):
    random = torch.Generator().manual_seed(1)
    scores = torch.randn(2, 4, 3, 9, dtype=torch.float64, generator=random, requires_grad=True)
    rows = target_rows(BAND, ("karaoke",))  # one row is a sum of stems, and the masks have a bin more than the loss
    power, cross = torch.rand(2, 3, 8, generator=random).double(), torch.rand(2, 5, 3, 8, generator=random).double()
    batch = Batch(torch.zeros(1), power, cross, torch.rand(2, 5).double(), torch.zeros(1), 2048, 1024, 1.0)
    weights = torch.rand(2, 5, generator=random).double()
    mask = torch.softmax(scores, dim=1)
    (found,) = torch.autograd.grad((weights * mask_loss(mask, batch, exponent, rows, "none")).sum(), scores)
    mask = torch.softmax(scores, dim=1)[..., :8]
    masks = torch.stack([mask[:, row.members].sum(dim=1) for row in rows], dim=1)
    error = masks ** (2 * exponent) * power.unsqueeze(1) - 2 * masks**exponent * cross
    (wanted,) = torch.autograd.grad((weights * error.sum(dim=(2, 3)) / power[0].numel()).sum(), scores)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-7)


def test_a_stem_without_a_row_of_its_own_gets_no_gradient_but_that_of_its_sum():
    mask, batch = one_stem_a_bin()
    mask = torch.full_like(mask, 0.25).requires_grad_()
    row = target_rows(BAND, ("karaoke",))[-1]
    part = replace(batch, cross=batch.cross[:, 1:].sum(1, keepdim=True), own=batch.own[:, 1:].sum(1, keepdim=True))
    mask_loss(mask, part, 0.5, [row]).sum().backward()
    assert float(mask.grad[:, 0].abs().max()) == 0.0
    torch.testing.assert_close(mask.grad[:, 1], mask.grad[:, 3])
    assert float(mask.grad[:, 1].abs().max()) > 0.0


def test_a_second_gradient_is_refused_rather_than_wrong():
    mask, batch = one_stem_a_bin()
    mask = torch.full_like(mask, 0.25).requires_grad_()
    loss = mask_loss(mask, batch, 0.5).sum()
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="once"):
        loss.backward()
