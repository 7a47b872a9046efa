"""The joint network's masks share out every bin, whatever comes in."""

from __future__ import annotations

import pytest
import torch
from networks import magnitudes, random_network
from torch import Tensor

from offline_train.joint import CROP, TOP

INPUTS = {
    "music": magnitudes(5),
    "silence": torch.zeros(1, 2, 5, 2049),
    "full scale": torch.full((1, 2, 5, 2049), 64.0),
    "far beyond full scale": torch.full((1, 2, 5, 2049), 1e6),
}


@pytest.mark.parametrize("stereo", ["left-right", "mid-side"])
@pytest.mark.parametrize("x", INPUTS.values(), ids=INPUTS.keys())
def test_masks_sum_to_one(x: Tensor, stereo: str) -> None:
    network = random_network(kind="joint", stereo=stereo)
    with torch.no_grad():
        for mask, activity, _ in (network(x), network.stream(x)):
            assert mask.shape == (1, 4, 5, 2049)
            assert activity.shape == (1, 4, 5)
            assert mask.min() >= 0
            torch.testing.assert_close(mask.sum(dim=1), torch.ones(1, 5, 2049))
            assert activity.isfinite().all()


def test_both_ways_to_the_masks_agree() -> None:
    network = random_network(kind="joint")
    with torch.no_grad():
        mask, logits, _ = network(INPUTS["music"])
        streamed, activity, _ = network.stream(INPUTS["music"])
    torch.testing.assert_close(streamed, mask, atol=1e-6, rtol=0)
    torch.testing.assert_close(activity, logits.sigmoid(), atol=1e-6, rtol=0)


def test_bins_above_the_crop_take_the_geometric_mean_of_the_highest_masks() -> None:
    network = random_network(kind="joint")
    with torch.no_grad():
        mask, _, _ = network(INPUTS["music"])
    mean = mask[..., CROP - TOP : CROP].log().mean(dim=-1, keepdim=True).exp()
    expected = mean / mean.sum(dim=1, keepdim=True)
    torch.testing.assert_close(mask[..., CROP:], expected.expand(-1, -1, -1, 2049 - CROP), atol=1e-5, rtol=0)


def test_mid_and_side_do_not_tell_left_from_right() -> None:
    network = random_network(kind="joint", stereo="mid-side")
    with torch.no_grad():
        torch.testing.assert_close(network(INPUTS["music"])[0], network(INPUTS["music"].flip(1))[0])


def test_an_unknown_stereo_feature_is_refused() -> None:
    with pytest.raises(ValueError, match="mid-side"):
        random_network(kind="joint", stereo="quad")
