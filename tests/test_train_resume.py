"""A resumed run goes on exactly where it stopped: weights, average, optimizer, rate and data, bit for bit."""

import json

import pytest
import torch
from tiny_stems import held_pool, train

from offline_train.fit.saved import LAST
from rtiass.errors import UserError

# Validation after every third step, a schedule that looks at its losses, and an optimizer with a memory.
FIT = {"epoch_steps": 3, "schedule": "plateau", "plateau_patience": 0, "plateau_factor": 0.5, "learning_rate": 1e-2}


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return held_pool(tmp_path_factory.mktemp("stems") / "pool")


def state(folder):
    return torch.load(folder / LAST, weights_only=True)


def same(ours, theirs, path=""):
    if isinstance(ours, torch.Tensor):
        assert torch.equal(ours, theirs), path
    elif isinstance(ours, dict):
        assert ours.keys() == theirs.keys(), path
        for key in ours:
            same(ours[key], theirs[key], f"{path}/{key}")
    elif isinstance(ours, list | tuple):
        assert len(ours) == len(theirs), path
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            same(a, b, f"{path}/{index}")
    else:
        assert ours == theirs, path


def comparable(saved):
    """All but the clock."""
    return {key: value for key, value in saved.items() if key not in ("callbacks", "loops")} | {
        key: value for key, value in saved["callbacks"].items() if "Budget" not in key
    }


@pytest.mark.parametrize("first", [2, 4])
def test_resumed_state_equals_uninterrupted_one(tmp_path, pool, first):
    train(tmp_path / "straight", pool, steps=8, **FIT)
    train(tmp_path / "broken", pool, steps=first, **FIT)
    assert state(tmp_path / "broken")["global_step"] == first
    train(tmp_path / "broken", pool, resume=True, steps=8, **FIT)
    straight, broken = state(tmp_path / "straight"), state(tmp_path / "broken")
    assert straight["global_step"] == 8
    assert straight["lr_schedulers"][0]["num_bad_epochs"] >= 0 and "current_model_state" in straight
    same(comparable(straight), comparable(broken))
    logs = []
    for name in ("straight", "broken"):
        records = map(json.loads, (tmp_path / name / "log.jsonl").read_text().splitlines())
        logs.append([(r["step"], r["loss"], r["rate"]) for r in records if "loss" in r])
    assert logs[0] == logs[1] and len(logs[0]) == 8


def test_nothing_to_resume_is_told(tmp_path):
    from offline_train.fit.start import start

    with pytest.raises(UserError, match=r"last\.ckpt"):
        start(tmp_path / "no.toml", tmp_path / "new", resume=True)
