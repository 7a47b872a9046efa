"""Training that begins with another model: what is kept, what is new, and what the card tells of it."""

import json
from dataclasses import replace

import pytest
import torch
from tiny_stems import NETWORK, STEMS, add_item, held_pool, settings, tone, train

from offline_train.card import licences, training
from offline_train.fit.data import PoolData
from offline_train.fit.start import run, start
from offline_train.fit.warm import begin_with, parts_of, read_origin, with_network
from offline_train.lineup import CLASSES, Lineup
from offline_train.network import build
from offline_train.settings import Settings
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


def begun(lineup, origin):
    """The network of a configuration with that line-up, as training begins with the other model."""
    network = build(with_network(Settings(lineup=lineup), origin).network)
    return network, begin_with(network, parts_of(lineup, origin), origin)


def test_the_same_stems_are_taken_as_they_are(first):
    network, new = begun(Lineup(STEMS), read_origin(first))
    assert new == []
    for found, expected in zip(outputs(network, 4), outputs(averaged_network(first), 4), strict=True):
        torch.testing.assert_close(found, expected)


def test_a_new_stem_shares_the_mask_that_held_it(first):
    network, new = begun(Lineup(FIVE), read_origin(first))
    assert new == ["piano"]
    masks, activity = outputs(network, 5)
    before, active = outputs(averaged_network(first), 4)
    torch.testing.assert_close(masks[:, [0, 2, 3]], before[:, :3])
    torch.testing.assert_close(masks[:, 1], masks[:, 4])
    torch.testing.assert_close(masks[:, 1] + masks[:, 4], before[:, 3])
    torch.testing.assert_close(activity, active[:, [0, 3, 1, 2, 3]])


def test_a_new_stem_listens_to_its_loudness_as_the_one_before_did(first):
    origin = read_origin(first)
    weight = torch.arange(8.0).reshape(2, 4, 1)
    origin.weights["loudness.weight"], origin.network["loudness"] = weight, True
    network, new = begun(Lineup(FIVE), origin)
    assert new == ["piano"] and torch.equal(network.loudness.weight.data, weight[:, [0, 1, 2, 3, 3]])


def test_fewer_stems_are_sums_of_what_was_told_apart(first):
    network, new = begun(Lineup(("bass", "other")), read_origin(first))
    before, _ = outputs(averaged_network(first), 4)
    assert new == []
    torch.testing.assert_close(outputs(network, 2)[0][:, 0], before[:, 2])


def test_a_merged_bundle_keeps_its_parts_beside_a_class_of_ones_own(first, tmp_path):
    ship(first, tmp_path / "karaoke", "karaoke", "7", first.parent / "pool", {}, {}, lineup="karaoke")
    origin = read_origin(tmp_path / "karaoke")
    assert (origin.name, origin.version, origin.parts) == ("karaoke", "7", STEMS)
    network, new = begun(Lineup(("vocals", "strings", "other"), (*CLASSES, "strings")), origin)
    assert new == ["strings"] and network.merge == [[0], [3], [1, 2, 4]]
    before, _ = outputs(averaged_network(first), 4)
    masks, _ = outputs(network, 3)
    torch.testing.assert_close(masks[:, 0], before[:, 0])
    torch.testing.assert_close(masks[:, 2], before[:, 1] + before[:, 2] + before[:, 3] / 2)


def test_training_begins_there_and_the_card_tells_whose_material_it_was(first, tmp_path):
    pool = held_pool(tmp_path / "pool")
    add_item(pool, "mine", "vocals", tone(300.0, 3.0, (0.0, 3.0)), source="mine", licence="CC0-1.0", credit="me")
    origin, folder = read_origin(first), tmp_path / "run"
    given = with_network(replace(settings(steps=1, learning_rate=1e-9, ema=0.0), network={}), origin)
    run(given, PoolData(pool, given), folder, origin=origin)
    now, before = averaged_network(folder).state_dict(), averaged_network(first).state_dict()
    for name in ("head.weight", "mean", "scale", "bottleneck.activity.bias"):
        torch.testing.assert_close(now[name], before[name], rtol=0, atol=1e-6)
    assert training(folder)["began_with"]["name"] == "run"
    told = [(entry["source"], entry.get("through")) for entry in licences(folder)]
    assert told == [("mine", None), ("tests", None), ("tests", "run")]
    assert json.loads((folder / "origin.json").read_text())["sha256"] == read_origin(first).sha256


def test_a_run_of_put_together_stems_goes_on_and_ships_fewer_still(first, tmp_path):
    (tmp_path / "own.toml").write_text(
        'stems = ["vocals", "bass", "other"]\n[mixing]\nframes = 6\nbatch = 1\nmodes = [[256, 128, 1.0]]\n'
        "[fit]\nworkers = 0\nthreads = 1\nminutes = 0.0\nvalidate_excerpts = 0\nvalidate_batches = 1\n"
        'schedule = "constant"\naccelerator = "cpu"\ndevices = "1"\n'
    )
    folder, pool = tmp_path / "run", first.parent / "pool"
    start(tmp_path / "own.toml", folder, pool, origin=first, steps=1)
    start(tmp_path / "own.toml", folder, resume=True, steps=2)
    network = averaged_network(folder)
    assert network.merge == [[0], [2], [1, 3]]
    (folder / "config.toml").write_text('stems = ["vocals", "bass", "other"]\n')
    bundle = ship(folder, tmp_path / "two", "two", "1", pool, {"vocals": 1.0}, {}, lineup="karaoke")
    assert bundle.card["network"]["merge"] == [[0], [2, 1, 3]]
    assert bundle.card["training"]["parts"] == list(STEMS)
    assert bundle.card["training"]["config"]["network"]["hidden"] == NETWORK["hidden"]


def test_weights_that_do_not_fit_are_refused(first):
    origin = read_origin(first)
    del origin.weights["head.bias"]
    with pytest.raises(UserError, match=r"can't begin with run: .* at head.bias"):
        begin_with(build(NETWORK), STEMS, origin)


def test_a_run_that_goes_on_takes_no_other_weights(first):
    with pytest.raises(UserError, match="Leave --from out"):
        start(first / "config.toml", first, resume=True, origin="band")
