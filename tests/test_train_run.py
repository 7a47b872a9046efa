"""A run learns, keeps to its budget and writes down what it did."""

import json

import pytest
import torch
from pytorch_lightning.callbacks import Callback
from tiny_stems import add_item, held_pool, tone, train

from offline_train.fit.saved import LAST, load_checkpoint
from offline_train.fit.start import start
from rtiass.errors import UserError


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return held_pool(tmp_path_factory.mktemp("stems") / "pool")


def test_log_manifest_and_checkpoints_are_written(tmp_path, pool):
    train(tmp_path, pool, steps=4, epoch_steps=2, validate_excerpts=1)
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records if "loss" in r] == [1, 2, 3, 4]
    assert [r["step"] for r in records if "development" in r] == [2, 4]
    looks = [r["validation"] for r in records if "validation" in r]
    assert len(looks) == 2 and set(looks[0]) == {"vocals", "drums", "bass", "other"}
    assert json.loads((tmp_path / "pool.json").read_text()) == json.loads((pool / "pool.json").read_text())
    assert load_checkpoint(tmp_path)["step"] == 4
    assert list((tmp_path / "tensorboard").glob("events*")) and not list(tmp_path.rglob("*.part"))


def test_loss_falls(tmp_path, pool):
    train(tmp_path, pool, steps=25, learning_rate=1e-2, schedule="constant")
    losses = [json.loads(line).get("loss") for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [loss for loss in losses if loss is not None]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_stops_when_the_minutes_are_used_up_over_all_resumptions(tmp_path, pool, monkeypatch):
    # Two seconds a step: the clock of the budget runs ahead by them, whatever the machine takes.
    from offline_train.fit import budget

    class Ticking(budget.Budget):
        def time_elapsed(self, stage="train"):
            return self._offset + 2.0 * (self.steps_seen if self._start_time["train"] else 0)

        steps_seen = 0

        def on_train_batch_end(self, trainer, *args, **kwargs):
            self.steps_seen += 1
            super().on_train_batch_end(trainer, *args, **kwargs)

    monkeypatch.setattr("offline_train.fit.start.Budget", Ticking)
    train(tmp_path, pool, steps=0, minutes=0.1)
    assert torch.load(tmp_path / LAST, weights_only=True)["global_step"] == 3
    train(tmp_path, pool, resume=True, steps=0, minutes=0.15)
    assert torch.load(tmp_path / LAST, weights_only=True)["global_step"] == 5


def test_a_run_is_not_overwritten(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"precious")
    with pytest.raises(UserError, match="--resume"):
        start(tmp_path / "no.toml", tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"precious"


def test_a_run_without_budget_left_says_so(tmp_path, pool):
    train(tmp_path, pool, steps=2)
    with pytest.raises(UserError, match="used up its budget"):
        train(tmp_path, pool, resume=True, steps=2)


def test_material_that_joins_under_way_is_listed(tmp_path):
    pool, run = held_pool(tmp_path / "pool"), tmp_path / "run"

    class Grow(Callback):
        def on_train_batch_start(self, trainer, *args):
            if trainer.global_step == 1:
                add_item(pool, "late", "bass", tone(60, 2, (0, 2)), source="late source")

    train(run, pool, steps=3, extra=[Grow()])
    assert any(entry["id"] == "late" for entry in json.loads((run / "pool.json").read_text()))
    assert "late source" in (run / "LICENCES.md").read_text()
