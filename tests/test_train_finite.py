"""A step without a finite gradient changes nothing; too many in a row end training."""

import json

import pytest
import torch
from pytorch_lightning.callbacks import Callback
from tiny_stems import held_pool, train

from offline_train.fit.saved import LAST
from rtiass.errors import UserError


class Spoil(Callback):
    """Puts a value that is not a number into the batches of some steps, and keeps what the steps leave behind."""

    def __init__(self, steps):
        self.steps, self.after = steps, {}

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if trainer.global_step + 1 in self.steps:
            batch.magnitude[0, 0, 0, 5] = float("nan")

    def on_train_batch_end(self, trainer, module, *args):
        state = {k: v.clone() for k, v in module.network.state_dict().items()}
        moments = [v.clone() for s in trainer.optimizers[0].state.values() for v in s.values()]
        self.after[trainer.global_step] = (state, moments)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return held_pool(tmp_path_factory.mktemp("stems") / "pool")


def test_weights_statistics_and_moments_stay(tmp_path, pool):
    spoil = Spoil({2})
    module = train(tmp_path, pool, steps=3, extra=[spoil])
    (before, moments), (after, kept), (later, _) = (spoil.after[step] for step in (1, 2, 3))
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert all(torch.equal(a, b) for a, b in zip(moments, kept, strict=True))
    assert not all(torch.equal(after[key], later[key]) for key in after)
    assert module.skips == 1 and module.skips_in_row == 0
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records if "skipped" in r] == [2]
    state = torch.load(tmp_path / LAST, weights_only=True)
    assert all(torch.isfinite(v).all() for v in state["state_dict"].values())


def test_many_in_a_row_end_training(tmp_path, pool):
    with pytest.raises(UserError, match="3 steps in a row had no finite gradient"):
        train(tmp_path, pool, steps=9, max_skips=3, extra=[Spoil({3, 4, 5, 6})])


def test_large_gradients_are_clipped(tmp_path, pool):
    class Norm(Callback):
        def on_before_zero_grad(self, trainer, module, optimizer):
            grads = [p.grad for p in module.parameters() if p.grad is not None]
            if grads:
                norms.append(float(torch.stack([g.norm() for g in grads]).norm()))

    norms = []
    train(tmp_path, pool, steps=3, clip=1e-3, extra=[Norm()])
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert all(r["norm"] > 1e-2 for r in records if "norm" in r)
    assert norms and all(norm == pytest.approx(1e-3, rel=1e-2) for norm in norms)
