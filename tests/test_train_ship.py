"""From a run to a bundle whose card says what it is."""

import errno
import json
from contextlib import closing

import numpy as np
import pytest
import torch
from tiny_stems import NETWORK, STEMS, held_pool, make_pool, train

from offline_train.calibrate import add_bias, choose_bias, karaoke_levels
from offline_train.lineup import BAND, Lineup
from offline_train.network import build
from offline_train.pool import Pool
from offline_train.ship import averaged_network, fill_figures, lineup_of, ship
from rtiass.bundle import load_bundle
from rtiass.engine import choose
from rtiass.errors import UserError

CONFIG = """seed = 3
[network]
kind = "joint"
channels = [4, 4, 4]
hidden = 8
squeeze = 2
rank = 4
[mixing]
holdout = ["held"]
"""


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of two steps; the pool lies beside it."""
    base = tmp_path_factory.mktemp("shipped")
    folder = base / "run"
    train(folder, held_pool(base / "pool"), steps=2)
    (folder / "config.toml").write_text(CONFIG)
    return folder


def test_the_bundle_loads_and_its_card_tells_where_it_comes_from(run_folder, tmp_path):
    out = tmp_path / "bundle"
    gate = dict.fromkeys(STEMS, 0.3)
    ship(run_folder, out, "tiny", "1.2.3", run_folder.parent / "pool", {"vocals": 0.5}, gate, failures=["It is tiny."])
    bundle = load_bundle(out)
    assert (bundle.name, bundle.stems) == ("tiny", STEMS)
    assert bundle.gates["vocals"].threshold == 0.3
    card = bundle.card
    assert card["training"]["steps"] == 2 and card["training"]["config"]["network"]["hidden"] == 8
    assert card["training"]["bias"] == {"vocals": 0.5}
    assert " --bias vocals=0.5 --threshold vocals=0.3 " in card["training"]["shipped_with"]
    assert card["licences"] == [
        {"source": "tests", "licence": "CC0-1.0", "credit": "nobody", "minutes": pytest.approx(0.5, abs=0.05)}
    ]
    assert card["model"]["licence"] == "CC-BY-4.0" and "nobody (CC0-1.0)" in card["model"]["attribution"]
    assert card["classes"]["vocals"]["recorded"] == pytest.approx(0.1)
    told = [entry["what"] for entry in card["failures"]]
    assert told[0] == "It is tiny." and any("Of bass there were only 0.1 minutes of recordings" in t for t in told)
    assert any("no material of piano" in t for t in told)


def test_figures_are_filled_in_and_their_failures_with_them(run_folder, tmp_path):
    out = tmp_path / "bundle"
    gate = dict.fromkeys(STEMS, 0.3)
    bundle = ship(run_folder, out, "tiny", "1.2.3", run_folder.parent / "pool", {}, gate, failures=["It is tiny."])
    report = {"model": "tiny", "split": "valid", "seconds": 3, "songs": {"recorded": {"v": {}}}, "gate": "fast",
              "compared_gates": ["fast", "off"], "acceptance": {"checks": []}, "known_failures": ["Too soft."],
              "summary": {"recorded": {"irm live": {"vocals": {"sdr": 9.5, "pes": None}}}}}  # fmt: skip
    graph = bundle.onnx_bytes()
    fill_figures(out, report)
    fill_figures(out, report)
    again = load_bundle(out)
    assert again.card["figures"]["recorded"]["irm_live"]["vocals"] == {"sdr": 9.5}
    assert again.card["figures"]["command"] == (
        "rtiass-train evaluate tiny --pool pool --seconds 3 --gates fast,off -o figures.json"
    )
    told = [entry["what"] for entry in again.card["failures"]]
    assert told.count("Too soft.") == 1 and "It is tiny." in told
    assert again.onnx_bytes() == graph and again.card["training"] == bundle.card["training"]
    with pytest.raises(UserError, match="of the model other"):
        fill_figures(out, {**report, "model": "other"})


def test_a_full_disk_leaves_the_bundle_as_it_was(run_folder, tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "bundle"
    ship(run_folder, out, "tiny", "1", run_folder.parent / "pool", {}, {})
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    report = {"split": "valid", "seconds": 3, "songs": {}, "summary": {}}
    with (
        monkeypatch.context() as patch,
        pytest.raises(UserError, match=r"bundle could not be written: the disk is full"),
    ):
        patch.setattr("offline_train.ship.shutil.copy2", full)
        fill_figures(out, report)
    with (
        monkeypatch.context() as patch,
        pytest.raises(UserError, match=r"bundle could not be written: the disk is full"),
    ):
        patch.setattr("offline_train.export.sha256_sums", full)
        ship(run_folder, out, "tiny", "2", run_folder.parent / "pool", {}, {})
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_one_run_gives_several_line_ups(run_folder, tmp_path):
    out = tmp_path / "karaoke"
    bundle = ship(run_folder, out, "karaoke", "1", run_folder.parent / "pool", {"vocals": 1.0}, {}, lineup="karaoke")
    assert bundle.stems == ("vocals", "accompaniment")
    assert bundle.card["network"]["merge"] == [[0], [1, 2, 3]]
    assert bundle.card["training"]["parts"] == list(STEMS)
    assert (bundle.card["network"]["stems"], bundle.gates["vocals"].threshold) == (4, 0.5)
    magnitude = np.random.default_rng(0).random((2, 2049), dtype=np.float32)
    found = []
    for engine in ("onnxruntime", "pytorch"):
        with closing(choose(engine, bundle, 1)[1]) as session:
            masks, activity = session.step(magnitude)
            np.testing.assert_allclose(masks.sum(axis=0), 1.0, atol=1e-5)
            found.append((masks.copy(), activity.copy()))
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-4)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-4)


def test_the_network_in_fp16_is_shipped_where_it_is_asked_for(run_folder, tmp_path):
    bundles = [
        ship(run_folder, tmp_path / name, name, "1", run_folder.parent / "pool", {}, {}, half=name == "both")
        for name in ("alone", "both")
    ]
    assert [bundle.half_onnx_bytes() is not None for bundle in bundles] == [False, True]
    commands = [bundle.card["training"]["shipped_with"] for bundle in bundles]
    assert ["--fp16" in command for command in commands] == [False, True]
    fill_figures(tmp_path / "both", {"split": "valid", "seconds": 3, "songs": {}, "summary": {}})
    assert load_bundle(tmp_path / "both").half_onnx_bytes() == bundles[1].half_onnx_bytes()


def test_a_line_up_that_the_run_cannot_give_is_refused(run_folder):
    with pytest.raises(UserError, match="cannot give vocals, drums, bass, electric_guitar"):
        averaged_network(run_folder, lineup_of("six", BAND))
    with pytest.raises(UserError, match="There is no line-up 'trio'"):
        lineup_of("trio", BAND)


def test_averaged_weights_are_shipped(run_folder):
    state = torch.load(run_folder / "checkpoint.pt", weights_only=True)
    network = averaged_network(run_folder)
    assert all(torch.equal(value, state["average"][key]) for key, value in network.state_dict().items())


def test_bias_and_gates_are_calibrated_and_the_card_tells_how(run_folder, tmp_path):
    bundle = ship(run_folder, tmp_path / "b", "b", "1", run_folder.parent / "pool", lineup="karaoke", examples=2)
    found = bundle.card["training"]["calibration"]
    assert found["karaoke_material"] == "held-out songs" and found["karaoke_levels"]
    assert set(found["gates"]) == {"vocals"}
    assert found["gates"]["vocals"]["threshold"] == bundle.gates["vocals"].threshold
    assert "recall" in found["gates"]["vocals"]["mixtures"] and "97 %" in found["gate_criterion"]
    json.dumps(bundle.card)


@pytest.mark.parametrize("merge", [None, [[1], [0, 2], [3]]])
def test_a_bias_moves_mask_odds_by_its_exponential(merge):
    torch.manual_seed(0)
    network = build({**NETWORK, "merge": merge}).eval()
    stem, lineup = ("drums", BAND) if merge is None else ("vocals", Lineup(("drums", "vocals", "other")))
    index = lineup.place(stem)
    x = torch.rand(1, 2, 3, 2049)
    with torch.no_grad():
        before = network(x)[0]
        add_bias(network, {stem: 0.7}, lineup)
        after = network(x)[0]
    rest = 2 if merge else 0
    odds = (after[:, index] / after[:, rest]) / (before[:, index] / before[:, rest])
    torch.testing.assert_close(odds, torch.full_like(odds, float(torch.tensor(0.7).exp())), rtol=1e-3, atol=1e-3)


def test_more_bias_lowers_voice_and_rest_and_the_choice_weighs_them(tmp_path):
    torch.manual_seed(0)
    pool = Pool(make_pool(tmp_path))
    levels = karaoke_levels(build(NETWORK).eval(), pool, (0.0, 1.0, 2.0), examples=2)
    for part in ("vocals", "rest"):
        values = [row[part] for row in levels]
        assert values == sorted(values, reverse=True) and values[0] > values[2]
    rows = ((0, -6, -0.5, 14), (1, -11, -1.0, 12), (2, -15, -1.4, 9))
    table = [{"bias": b, "vocals": v, "rest": r, "sdr": s} for b, v, r, s in rows]
    assert choose_bias(table) == 1
    assert choose_bias(table, vocals=-20) == 2
    assert choose_bias(table, vocals=-20, rest=-0.8) == 0
    assert choose_bias(table, vocals=-15, sdr=10) == 1
    assert choose_bias(table, vocals=-5, sdr=20) == 0.0
