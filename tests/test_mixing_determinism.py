"""A batch is a function of pool, seed and step."""

import torch
from tiny_stems import make_pool, settings

from offline_train.mixing import Mixer
from offline_train.pool import Pool


def test_same_seed_and_step_give_the_same_batch(tmp_path):
    pool = Pool(make_pool(tmp_path))
    first, again = (Mixer(pool, settings().mixing, 7).batch(5) for _ in range(2))
    for name in ("magnitude", "power", "cross", "own", "active"):
        assert torch.equal(getattr(first, name), getattr(again, name))


def test_another_step_or_seed_gives_another(tmp_path):
    pool = Pool(make_pool(tmp_path))
    batches = [Mixer(pool, settings().mixing, seed).batch(step) for seed, step in ((7, 5), (7, 6), (8, 5))]
    powers = [float(batch.power.sum()) for batch in batches]
    assert len(set(powers)) == 3
