"""Training that begins with another model: what is kept, what is new, and what the card tells of it."""

import json

import pytest
import torch
from tiny_stems import NETWORK, STEMS, add_item, held_pool, settings, tone, train

from offline_train.card import licences, training
from offline_train.fit.data import PoolData
from offline_train.fit.start import run, start
from offline_train.fit.warm import begin_with, read_origin
from offline_train.network import build
from offline_train.ship import averaged_network, ship
from rtiass.errors import UserError

FIVE = ("vocals", "piano", "drums", "bass", "other")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A finished run; the pool lies beside it."""
    base = tmp_path_factory.mktemp("first")
    train(base / "run", held_pool(base / "pool"), steps=1)
    (base / "run" / "config.toml").write_text('[mixing]\nholdout = ["held"]\n')
    return base / "run"


def outputs(network, count):
    torch.manual_seed(1)
    with torch.no_grad():
        masks, activity, _ = network.eval()(torch.rand(1, 2, 3, 2049))
    assert masks.shape[1] == count
    return masks, activity


def test_the_same_stems_are_taken_as_they_are(first):
    network = build(NETWORK)
    assert begin_with(network, STEMS, read_origin(first)) == []
    for found, expected in zip(outputs(network, 4), outputs(averaged_network(first), 4), strict=True):
        torch.testing.assert_close(found, expected)


def test_a_new_stem_shares_the_mask_that_held_it(first):
    network = build({**NETWORK, "stems": 5})
    assert begin_with(network, FIVE, read_origin(first)) == ["piano"]
    masks, activity = outputs(network, 5)
    before, active = outputs(averaged_network(first), 4)
    torch.testing.assert_close(masks[:, [0, 2, 3]], before[:, :3])
    torch.testing.assert_close(masks[:, 1], masks[:, 4])
    torch.testing.assert_close(masks[:, 1] + masks[:, 4], before[:, 3])
    torch.testing.assert_close(activity, active[:, [0, 3, 1, 2, 3]])


def test_a_merged_bundle_gives_the_stems_that_were_trained(first, tmp_path):
    ship(first, tmp_path / "karaoke", "karaoke", "7", first.parent / "pool", {}, {}, lineup="karaoke")
    origin = read_origin(tmp_path / "karaoke")
    assert (origin.name, origin.version, origin.stems) == ("karaoke", "7", STEMS)
    network = build(NETWORK)
    assert begin_with(network, STEMS, origin) == []
    torch.testing.assert_close(outputs(network, 4)[0], outputs(averaged_network(first), 4)[0])


def test_training_begins_there_and_the_card_tells_whose_material_it_was(first, tmp_path):
    pool = held_pool(tmp_path / "pool")
    add_item(pool, "mine", "vocals", tone(300.0, 3.0, (0.0, 3.0)), source="mine", licence="CC0-1.0", credit="me")
    given = settings(steps=1, learning_rate=1e-9, ema=0.0)
    folder = tmp_path / "run"
    run(given, PoolData(pool, given), folder, origin=read_origin(first))
    now, before = averaged_network(folder).state_dict(), averaged_network(first).state_dict()
    for name in ("head.weight", "mean", "scale", "bottleneck.activity.bias"):
        torch.testing.assert_close(now[name], before[name], rtol=0, atol=1e-6)
    assert training(folder)["began_with"]["name"] == "run"
    told = [(entry["source"], entry.get("through")) for entry in licences(folder)]
    assert told == [("mine", None), ("tests", None), ("tests", "run")]
    assert json.loads((folder / "origin.json").read_text())["sha256"] == read_origin(first).sha256


def test_other_sizes_are_refused(first):
    with pytest.raises(UserError, match=r"other sizes \(at .*\[network\]"):
        begin_with(build({**NETWORK, "hidden": 12}), STEMS, read_origin(first))


def test_a_run_that_goes_on_takes_no_other_weights(first):
    with pytest.raises(UserError, match="Leave --from out"):
        start(first / "config.toml", first, resume=True, origin="band")
