"""The sums that a batch carries give the compressed error itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_stems import make_pool, settings

from offline_train.loss import mask_loss
from offline_train.mixing import Mixer
from offline_train.pool import Pool
from offline_train.spectra import chunk_samples, spectra


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("target", ["magnitude", "phase"])
@pytest.mark.parametrize("exponent", [0.5, 0.3, 1.0])
def test_loss_is_the_compressed_squared_error(tmp_path, exponent, target, mono):
    config = replace(settings().mixing, batch=1, modes=((2048, 1024, 1.0),), equaliser=0.0, compressor=0.0, silence=0.0, lowpass=0.0,
                     target=target, exponent=exponent, mono=mono)  # fmt: skip
    mixer = Mixer(Pool(make_pool(tmp_path)), config, 2)
    batch = mixer.batch(0)
    rng = np.random.default_rng([2, 0])
    rng.choice(1, p=[1.0])
    audio, _ = mixer.draw(rng, chunk_samples(6, 1024), 2048, 1024)
    stems = spectra(torch.from_numpy(audio), 2048, 1024)[..., : config.loss_bins]
    mixture = stems.sum(dim=0)
    wanted_part = stems.abs()
    if target == "phase":
        angle = mixture / mixture.abs().clamp(min=1e-9)
        wanted_part = torch.minimum((stems * angle.conj()).real.clamp(min=0.0), mixture.abs())
    mixture = mixture.abs()
    if mono:
        wanted_part, mixture = wanted_part.mean(dim=1, keepdim=True), mixture.mean(dim=0, keepdim=True)
    mask = torch.softmax(torch.randn(1, 4, 6, 2049, generator=torch.Generator().manual_seed(0)), dim=1)
    m = mask[0, :, None, :, : config.loss_bins]
    error = ((m * mixture) ** exponent - wanted_part**exponent).square().sum(dim=(1, 2, 3))
    wanted = error / mixture.pow(2 * exponent).sum().clamp(min=1.0)
    found = mask_loss(mask, batch, exponent)[0]
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)


def test_phase_targets_never_exceed_the_mixture(tmp_path):
    batch = Mixer(Pool(make_pool(tmp_path)), settings().mixing, 1).batch(3)
    assert (batch.cross <= batch.power.unsqueeze(1) * 1.0001 + 1e-6).all()
    assert (batch.own >= 0).all()


def test_bins_above_the_loss_are_all_that_the_low_pass_touches(tmp_path):
    config = replace(settings().mixing, lowpass=1.0)
    batch = Mixer(Pool(make_pool(tmp_path)), config, 1).batch(0)
    assert (batch.magnitude[..., -1] == 0).all()
    inside = batch.magnitude[..., : config.loss_bins].sum(dim=1)
    torch.testing.assert_close(inside, batch.power, rtol=1e-4, atol=1e-5)
