"""A resumed run goes on exactly where it stopped."""

import pytest
import torch
from tiny_stems import make_pool, settings

from offline_train.mixing import Mixer
from offline_train.pool import Pool
from offline_train.train import Run
from rtiass.errors import UserError


def advance(run, mixer, steps):
    for _ in range(steps):
        run.train_step(mixer.batch(run.step))
        run.elapsed += 1.0


def make_run(folder, pool):
    folder.mkdir(exist_ok=True)
    return Run(folder, settings(), pool, minutes=0.1)


def test_resumed_weights_equal_uninterrupted_ones(tmp_path):
    pool = make_pool(tmp_path / "pool")
    mixer = Mixer(Pool(pool), settings().mixing, 3)
    straight = make_run(tmp_path / "straight", pool)
    advance(straight, mixer, 4)
    first = make_run(tmp_path / "broken", pool)
    advance(first, mixer, 2)
    first.checkpoint()
    second = make_run(tmp_path / "broken", pool)
    second.restore()
    assert (second.step, second.elapsed, second.seconds) == (first.step, first.elapsed, first.seconds)
    advance(second, mixer, 2)
    for name in ("network", "average"):
        ours, theirs = getattr(straight, name).state_dict(), getattr(second, name).state_dict()
        for key, value in ours.items():
            assert torch.equal(value, theirs[key]), (name, key)


def test_nothing_to_resume_is_told(tmp_path):
    with pytest.raises(UserError, match="no checkpoint"):
        make_run(tmp_path / "new", tmp_path).restore()
