"""From a run to a bundle whose card says what it is."""

import numpy as np
import pytest
import torch
from tiny_stems import NETWORK, STEMS, held_pool, make_pool, train

from offline_train.calibrate import add_bias, choose_bias, karaoke_levels, thresholds
from offline_train.network import build
from offline_train.pool import Pool
from offline_train.ship import averaged_network, fill_figures, ship
from rtiass.bundle import load_bundle


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of two steps; the pool lies beside it."""
    base = tmp_path_factory.mktemp("shipped")
    folder = base / "run"
    train(folder, held_pool(base / "pool"), steps=2)
    (folder / "config.toml").write_text("seed = 3\n")
    return folder


def test_the_bundle_loads_and_its_card_tells_where_it_comes_from(run_folder, tmp_path):
    out = tmp_path / "bundle"
    ship(run_folder, out, "tiny", "1.2.3", run_folder.parent / "pool", {"vocals": 0.5}, {"vocals": 0.3})
    bundle = load_bundle(out)
    assert (bundle.name, bundle.stems) == ("tiny", STEMS)
    assert bundle.gates["vocals"].threshold == 0.3
    assert bundle.card["training"]["steps"] == 2
    assert bundle.card["training"]["bias"] == {"vocals": 0.5}
    assert bundle.card["licences"] == [
        {"source": "tests", "licence": "CC0-1.0", "credit": "nobody", "minutes": pytest.approx(0.53, abs=0.05)}
    ]
    report = {"split": "valid", "seconds": 3, "songs": {"recorded": {"v": {}}},
              "summary": {"recorded": {"ideal live": {"vocals": {"sdr": 9.5, "pes": None}}}}}  # fmt: skip
    graph = bundle.onnx_bytes()
    fill_figures(out, report)
    again = load_bundle(out)
    assert again.card["figures"]["recorded"]["ideal_live"]["vocals"] == {"sdr": 9.5}
    assert again.onnx_bytes() == graph and again.card["training"] == bundle.card["training"]


def test_averaged_weights_are_shipped(run_folder):
    state = torch.load(run_folder / "checkpoint.pt", weights_only=True)
    network = averaged_network(run_folder)
    assert all(torch.equal(value, state["average"][key]) for key, value in network.state_dict().items())


def test_a_bias_moves_mask_odds_by_its_exponential():
    torch.manual_seed(0)
    network = build(NETWORK).eval()
    x = torch.rand(1, 2, 3, 2049)
    with torch.no_grad():
        before = network(x)[0]
        add_bias(network, {"drums": 0.7})
        after = network(x)[0]
    odds = (after[:, 1] / after[:, 0]) / (before[:, 1] / before[:, 0])
    torch.testing.assert_close(odds, torch.full_like(odds, float(np.exp(0.7))), rtol=1e-3, atol=1e-3)


def test_more_bias_lowers_voice_and_rest_and_the_choice_weighs_them(tmp_path):
    torch.manual_seed(0)
    pool = Pool(make_pool(tmp_path))
    levels = karaoke_levels(build(NETWORK).eval(), pool, (0.0, 1.0, 2.0), examples=2)
    for part in ("vocals", "rest"):
        values = [row[part] for row in levels]
        assert values == sorted(values, reverse=True) and values[0] > values[2]
    table = [{"bias": b, "vocals": v, "rest": r} for b, v, r in ((0, -6, -0.5), (1, -11, -1.0), (2, -15, -1.4))]
    assert choose_bias(table) == 1
    assert choose_bias(table, vocals=-20) == 2
    assert choose_bias(table, vocals=-20, rest=-0.8) == 0


def test_thresholds_stay_in_bounds(tmp_path):
    torch.manual_seed(0)
    found = thresholds(build(NETWORK).eval(), Pool(make_pool(tmp_path)), batches=2)
    assert set(found) == set(STEMS) and all(0.05 <= value <= 0.5 for value in found.values())
