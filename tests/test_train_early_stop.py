"""Training stops when the held-out songs get no better, and keeps the best weights."""

import json

import pytest
import torch
from tiny_stems import held_pool, settings, train

from offline_train.fit.data import development_mixer, held_out
from offline_train.fit.saved import load_checkpoint
from rtiass.errors import UserError

# So large a rate that the loss soon gets worse and stays so.
FIT = {"steps": 40, "epoch_steps": 2, "learning_rate": 0.3, "schedule": "constant", "ema": 0.0}


def development(folder):
    records = map(json.loads, (folder / "log.jsonl").read_text().splitlines())
    return {r["step"]: r["development"]["development"] for r in records if "development" in r}


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return held_pool(tmp_path_factory.mktemp("stems") / "pool")


def test_stops_after_its_patience_and_keeps_the_best(tmp_path, pool):
    train(tmp_path, pool, patience=3, **FIT)
    looks = development(tmp_path)
    best = min(looks, key=looks.get)
    assert max(looks) == best + 3 * 2 < 40
    assert load_checkpoint(tmp_path)["step"] == best


def test_more_patience_takes_training_up_again(tmp_path, pool):
    train(tmp_path, pool, patience=1, **FIT)
    ended = max(development(tmp_path))
    train(tmp_path, pool, resume=True, patience=2, **FIT)
    assert max(development(tmp_path)) >= ended + 2


def test_the_development_set_is_the_held_out_song_alone(pool):
    mixer = development_mixer(pool, settings())
    assert {item.song for item in mixer.pool.items.values()} == {"held"}
    assert [song.name for song in mixer.pool.songs] == ["held"]
    again = development_mixer(pool, settings())
    assert torch.equal(mixer.batch(2 * 10**9).cross, again.batch(2 * 10**9).cross)


def test_a_song_that_is_not_there_cannot_be_held_out(pool):
    with pytest.raises(UserError, match=r"nobody.*Its songs: a, held"):
        held_out(pool, ("nobody",))
