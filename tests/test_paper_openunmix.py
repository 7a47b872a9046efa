"""The baseline: the package's network, trained on two channels by mean squared error with its own defaults."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import magnitudes
from paper_study import NEEDS_OPENUNMIX
from tiny_stems import held_pool

from offline_train.fit.budget import Budget as FitBudget
from offline_train.fit.data import PoolData
from offline_train.fit.module import Fit
from offline_train.network import build
from offline_train.paper.budget import PAPER
from offline_train.paper.nets import Net
from offline_train.paper.pools import Material
from offline_train.paper.whole import run
from offline_train.settings import parse

pytestmark = NEEDS_OPENUNMIX
SMALL = {"kind": "openunmix", "hidden": 8}


def settings(tmp_path, **mixing):
    table = Net("openunmix", Material("musdb", tmp_path), ("drums",)).table(PAPER)
    found = parse(table)
    return replace(found, network=SMALL, mixing=replace(found.mixing, frames=6, batch=2, holdout=("held",), **mixing))


def test_defaults_of_its_training_script(tmp_path):
    table = Net("openunmix", Material("musdb", tmp_path), ("vocals",)).table(PAPER)
    found = parse(table)
    fit, mixing = found.fit, found.mixing
    assert (fit.optimizer, fit.learning_rate, fit.weight_decay, fit.patience) == ("adam", 1e-3, 1e-5, 140)
    assert (fit.schedule, fit.plateau_factor, fit.plateau_patience, fit.plateau_cooldown) == ("plateau", 0.3, 80, 10)
    assert fit.steps == 1000 * fit.epoch_steps and mixing.batch == 16 and mixing.gain == (0.25, 1.25)
    assert (mixing.frames, mixing.swap, mixing.exponent, mixing.target) == (255, 0.5, 1.0, "magnitude")
    assert mixing.hann and mixing.apart and not mixing.mono and not mixing.levelled
    network = build(table["network"])
    assert sum(p.numel() for p in network.parameters()) == 8_893_348
    assert network.net.lstm.bidirectional and network.net.lstm.num_layers == 3 and network.net.hidden_size == 512


def test_loss_is_the_mean_squared_error_of_both_channels(tmp_path):
    given = settings(held_pool(tmp_path), swap=0.0)
    data = PoolData(tmp_path, replace(given, fit=replace(given.fit, development="holdout", validate_batches=1)))
    batch = data.batches.mixer.batch(0)
    module = Fit(given, FitBudget(0, 2)).eval()
    with torch.no_grad():
        total, parts = module.losses(batch)
        estimate = module.network.net(batch.magnitude.transpose(2, 3)).transpose(2, 3)
    target = batch.cross[:, 0].unflatten(0, (2, 2)) / batch.magnitude.clamp(min=1e-12)  # |X| |S| / |X|
    expected = torch.nn.functional.mse_loss(estimate, target)
    assert float(total) == pytest.approx(given.loss.scale * float(expected), rel=1e-3)
    assert float(parts["drums"]) == pytest.approx(float(expected), rel=1e-3)


def test_it_learns(tmp_path):
    given = settings(held_pool(tmp_path))
    data = PoolData(tmp_path, replace(given, fit=replace(given.fit, development="holdout", validate_batches=1)))
    module = Fit(given, FitBudget(0, 2))
    module.network.fit_statistics(data.batches.mixer.batch(9).magnitude)
    optimizer = torch.optim.Adam(module.parameters(), 1e-2)
    losses = []
    for _ in range(12):
        loss, _ = module.losses(data.batches.mixer.batch(0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


def test_a_song_has_a_mask_for_each_channel():
    torch.manual_seed(0)
    network = build(SMALL).eval()
    x = magnitudes(9)[0]
    found = run(network, x)
    assert found.masks.shape == (1, 2, 9, 2049) and found.activity is None
    with torch.no_grad():
        estimate = network.net(x.transpose(1, 2).unsqueeze(0))[0].transpose(1, 2)
    np.testing.assert_allclose(found.masks[0] * x, estimate, rtol=1e-4, atol=1e-7)


def test_input_is_standardised_by_the_mean_of_the_channels():
    network, x = build(SMALL), magnitudes(30, batch=2)
    network.fit_statistics(x)
    mono = x.mean(dim=1)[..., :1487]
    scaled = (mono + network.net.input_mean) * network.net.input_scale
    torch.testing.assert_close(scaled.mean(dim=(0, 1)), torch.zeros(1487), atol=1e-3, rtol=0)
    assert float(scaled.detach().std(dim=(0, 1)).max()) <= 1.001
