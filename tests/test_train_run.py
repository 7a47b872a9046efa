"""A run learns, keeps to its budget and writes down what it did."""

import itertools
import json

import pytest
import torch
from tiny_stems import make_pool, settings

from offline_train.mixing import Mixer
from offline_train.pool import Pool
from offline_train.settings import load_settings, parse
from offline_train.train import Run, start
from rtiass.errors import UserError


def test_stops_at_its_budget_with_log_manifest_and_checkpoint(tmp_path):
    pool = make_pool(tmp_path / "pool")
    ticks = itertools.count(step=2.0)
    run = Run(tmp_path, settings(checkpoint_minutes=0.2), pool, minutes=0.5, clock=lambda: next(ticks))
    mixer = Mixer(Pool(pool), settings().mixing, 3)
    lines = []
    run.loop(map(mixer.batch, itertools.count()), lines.append)
    # The clock is asked three times a step, two seconds apart: 30 s are five steps.
    assert run.step == 5
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [r["step"] for r in records if "loss" in r] == [1, 2, 3, 4, 5]
    validation = [r["validation"] for r in records if "validation" in r]
    assert len(validation) == 1 and set(validation[0]) == {"vocals", "drums", "bass", "other"}
    assert json.loads((tmp_path / "pool.json").read_text()) == json.loads((pool / "pool.json").read_text())
    again = Run(tmp_path, settings(), pool, minutes=0.5)
    again.restore()
    assert again.step == 5 and not list(tmp_path.glob("*.part"))


def test_loss_falls_on_one_batch(tmp_path):
    pool = make_pool(tmp_path / "pool")
    run = Run(tmp_path, settings(learning_rate=1e-2, warmup=0.0), pool, minutes=10)
    batch = Mixer(Pool(pool), settings().mixing, 3).batch(0)
    losses = [run.train_step(batch)["loss"] for _ in range(12)]
    assert losses[-1] < 0.8 * losses[0]


def test_a_step_without_finite_gradient_changes_nothing(tmp_path):
    pool = make_pool(tmp_path / "pool")
    run = Run(tmp_path, settings(), pool, minutes=10)
    batch = Mixer(Pool(pool), settings().mixing, 3).batch(0)
    batch.power[0, 0, 0] = float("nan")
    before = [p.clone() for p in run.network.parameters()]
    run.train_step(batch)
    assert all(torch.equal(a, b) for a, b in zip(before, run.network.parameters(), strict=True))


def test_a_run_is_not_overwritten(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"precious")
    with pytest.raises(UserError, match="--resume"):
        start(tmp_path / "no.toml", tmp_path, tmp_path, 1.0)
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"precious"


def test_configuration_mistakes_are_told(tmp_path):
    with pytest.raises(UserError, match="'lerning_rate'"):
        parse({"train": {"lerning_rate": 1.0}})
    with pytest.raises(UserError, match="'trian'"):
        parse({"trian": {}})
    with pytest.raises(UserError, match="no configuration"):
        load_settings(tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("seed = = 1")
    with pytest.raises(UserError, match="not valid TOML"):
        load_settings(broken)


def test_the_shipped_configuration_is_understood():
    found = load_settings("offline_train/configs/joint.toml")
    assert found.network["kind"] == "joint" and found.train.alpha > 0
