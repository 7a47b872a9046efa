"""Mixed precision trains the same network: weights stay in 32 bits, the loss stays what it was."""

import json

import pytest
import torch
from tiny_stems import held_pool, train

from offline_train.fit.saved import LAST
from rtiass.errors import UserError


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return held_pool(tmp_path_factory.mktemp("stems") / "pool")


def losses(folder):
    records = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return [r["loss"] for r in records if "loss" in r]


@pytest.mark.parametrize(
    ("precision", "accelerator"),
    [("bf16-mixed", "cpu"), pytest.param("16-mixed", "gpu", marks=pytest.mark.gpu)],
)
def test_loss_is_close_to_that_in_full_precision(tmp_path, pool, precision, accelerator):
    train(tmp_path / "full", pool, steps=3, accelerator=accelerator)
    train(tmp_path / "mixed", pool, steps=3, accelerator=accelerator, precision=precision)
    full, mixed = losses(tmp_path / "full"), losses(tmp_path / "mixed")
    assert mixed == pytest.approx(full, rel=0.05) and mixed != full
    state = torch.load(tmp_path / "mixed" / LAST, weights_only=True)
    kinds = {value.dtype for value in state["current_model_state"].values()}
    assert kinds == {torch.float32, torch.int64}


def test_a_device_that_is_not_there_is_told(tmp_path, pool):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(UserError, match=r"\[fit\] accelerator, devices.* do not suit this machine"):
        train(tmp_path, pool, steps=1, accelerator="gpu")
