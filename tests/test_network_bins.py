"""Masks of fewer bins are the first ones of the whole, for a loss that does not look at the rest."""

import pytest
import torch

from offline_train.iass import IASS
from offline_train.joint import CROP, JointNet
from rtiass.stft import BINS

JOINT = {"channels": (4, 6, 8), "hidden": 8, "squeeze": 2, "rank": 4}


@pytest.mark.parametrize("bins", [100, CROP, CROP + 1, BINS])
@pytest.mark.parametrize("make", [lambda: JointNet(**JOINT), lambda: IASS(causal=True)], ids=["joint", "iass"])
def test_the_first_bins_are_the_same(make, bins):
    torch.manual_seed(0)
    network = make().eval()
    magnitude = torch.rand(1, 2, 3, BINS)
    whole, logits, _ = network(magnitude)
    part, same, _ = network(magnitude, bins=bins)
    assert part.shape[-1] == bins
    torch.testing.assert_close(part, whole[..., :bins])
    torch.testing.assert_close(same, logits)


def test_activity_that_listens_to_the_masks_still_hears_all_of_them():
    torch.manual_seed(0)
    network = JointNet(**JOINT, loudness=True).eval()
    torch.nn.init.ones_(network.loudness.weight)
    magnitude = torch.rand(1, 2, 3, BINS)
    _, logits, _ = network(magnitude)
    _, same, _ = network(magnitude, bins=100)
    torch.testing.assert_close(same, logits)
