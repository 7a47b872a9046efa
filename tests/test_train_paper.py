"""The paper's recipe: per target, mono, mean squared error on linear magnitudes plus alpha times cross entropy."""

from dataclasses import replace

import pytest
import torch
from tiny_stems import held_pool

from offline_train.fit.budget import Budget
from offline_train.fit.data import PoolData
from offline_train.fit.module import Fit
from offline_train.fit.saved import load_checkpoint
from offline_train.fit.start import run
from offline_train.network import build
from offline_train.settings import CONFIGS, load_settings
from rtiass.errors import UserError


@pytest.fixture
def small():
    """The recipe with few short chunks."""
    settings = load_settings(CONFIGS / "paper.toml").with_target("drums")
    mixing = replace(settings.mixing, frames=6, batch=2, holdout=("held",))
    return replace(settings, mixing=mixing).with_fit(
        steps=2, validate_batches=1, statistics_batches=1, threads=1, workers=0, accelerator="cpu", devices="1"
    )


def test_loss_is_the_paper_s(tmp_path, small):
    batch = PoolData(held_pool(tmp_path), small).batches.mixer.batch(0)
    torch.manual_seed(0)
    module = Fit(small, Budget(0, 2)).eval()
    with torch.no_grad():
        total, parts = module.losses(batch)
        mask, logits, _ = module.network(batch.magnitude)
    assert mask.shape[1] == 1 and set(parts) == {"drums", "activity"}
    mixture = batch.magnitude.mean(dim=1)
    target = batch.cross[:, 0] / mixture.clamp(min=1e-12)  # |X| |S| / |X|
    squared = ((mask[:, 0] * mixture - target) ** 2).mean()
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], batch.active[:, 0])
    assert float(parts["drums"]) == pytest.approx(float(squared), rel=1e-3)
    plain = 1536 * squared  # magnitudes are divided by the root of the sum of the squared Hann window
    assert float(total) == pytest.approx(float(plain + 2.0 * entropy), rel=1e-3)


def test_optimizer_and_schedule_are_the_paper_s(small):
    configured = Fit(small, Budget(0, 2)).configure_optimizers()
    optimizer, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    assert type(optimizer) is torch.optim.Adam
    assert (optimizer.defaults["lr"], optimizer.defaults["weight_decay"]) == (1e-3, 1e-5)
    assert (schedule.factor, schedule.patience, small.fit.patience) == (0.3, 80, 100)


def test_it_trains_and_its_network_is_kept(tmp_path, small):
    run(small, PoolData(held_pool(tmp_path / "pool"), small), tmp_path / "run")
    state = load_checkpoint(tmp_path / "run")
    assert state["stems"] == ["drums", "accompaniment"] and state["network"]["kind"] == "iass"
    build(state["network"]).load_state_dict(state["average"])


def test_the_joint_network_has_no_single_target():
    with pytest.raises(UserError, match=r"paper\.toml"):
        load_settings(CONFIGS / "band.toml").with_target("drums")
