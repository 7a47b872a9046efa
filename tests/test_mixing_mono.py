"""With ``mono`` the loss compares means of the channels' magnitudes, as the paper does."""

from dataclasses import replace

import torch
from tiny_stems import make_pool, settings

from offline_train.mixing import Mixer
from offline_train.pool import Pool


def test_sums_are_those_of_the_mean_over_channels(tmp_path):
    mixing = replace(settings().mixing, mono=True, exponent=1.0, target="magnitude", lowpass=0.0, loss_bins=2049)
    batch = Mixer(Pool(make_pool(tmp_path)), mixing, 3).batch(0)
    mean = batch.magnitude.mean(dim=1)
    torch.testing.assert_close(batch.power, mean.square())
    # A mean of channel magnitudes: |X| |S| is at most half the sum of the two squares.
    bound = (batch.power.sum(dim=(1, 2)).unsqueeze(1) + batch.own) / 2
    assert (batch.cross.sum(dim=(2, 3)) <= bound + 1e-3).all() and float(batch.cross.sum()) > 0
