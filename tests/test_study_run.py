"""A short run of the study: trained for its processor time, judged on songs that it has not heard."""

import json

import numpy as np
import pytest
from tiny_stems import NETWORK, make_pool

from offline_train.lineup import BAND
from offline_train.pool import Pool
from offline_train.study.measure import held_out
from offline_train.study.runner import load_plan, merged, mixing, run, study
from offline_train.study.table import tables
from rtiass.errors import UserError

PLAN = f"""
[base]
seed = 1
stems = ["vocals", "drums", "bass", "other"]
network = {json.dumps(NETWORK).replace(":", " =")}
loss = {{ alpha = 0.1 }}
[base.mixing]
frames = 6
batch = 2
modes = [[2048, 1024, 1.0]]
holdout = ["h"]
[base.fit]
learning_rate = 1e-3
weight_decay = 0.0
clip = 1.0
ema = 0.5
processor_seconds = 0.01
modes = ["live"]
[variant.base]
[variant.fine]
stems = ["vocals", "drums", "bass", "electric_guitar", "acoustic_guitar", "piano", "other"]
network = {{ stems = 7 }}
mixing = {{ views = ["band"] }}
fit = {{ judge = "band" }}
[[question]]
title = "Both"
variants = ["base", "fine", "not yet run"]
columns = [["live", "recorded mean"]]
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    make_pool(folder / "pool")
    items = json.loads((folder / "pool" / "pool.json").read_text())
    for item in items:
        if item["song"] == "v":
            item.update(song="held@1.00", split="train")
    (folder / "pool" / "pool.json").write_text(json.dumps(items))
    (folder / "plan.toml").write_text(PLAN)
    study([], folder / "plan.toml", folder / "pool", folder / "results.jsonl", threads=1)
    return folder


def test_every_variant_has_figures_of_the_same_stems(ran):
    rows = [json.loads(line) for line in (ran / "results.jsonl").read_text().splitlines()]
    assert [row["variant"] for row in rows] == ["base", "fine"]
    for row in rows:
        figures = row["figures"]["live"]
        assert {"recorded vocals", "recorded other", "recorded mean", "recorded loss"} <= set(figures)
        assert np.isfinite(figures["recorded loss"]) and row["steps"] >= 1
    assert rows[1]["parameters"] > rows[0]["parameters"]


def test_what_has_a_result_is_not_run_again(ran):
    before = (ran / "results.jsonl").read_text()
    study(["base"], ran / "plan.toml", ran / "pool", ran / "results.jsonl", threads=1)
    assert (ran / "results.jsonl").read_text() == before


def test_variants_run_in_processes_of_their_own_give_the_same(ran):
    study([], ran / "plan.toml", ran / "pool", ran / "parallel.jsonl", threads=1, jobs=2)
    rows = {row["variant"]: row for row in map(json.loads, (ran / "parallel.jsonl").read_text().splitlines())}
    alone = {row["variant"]: row for row in map(json.loads, (ran / "results.jsonl").read_text().splitlines())}
    assert set(rows) == {"base", "fine"}
    for name, row in rows.items():
        assert row["parameters"] == alone[name]["parameters"] and row["macs"] == alone[name]["macs"]
        assert set(row["figures"]["live"]) == set(alone[name]["figures"]["live"])


def test_half_precision_with_channels_last_is_judged_like_any(ran):
    _, variants = load_plan(ran / "plan.toml")
    half = merged(variants["base"], {"fit": {"precision": "bf16-mixed", "channels_last": True}})
    assert np.isfinite(run(half, ran / "pool", threads=1)["figures"]["live"]["recorded loss"])


def test_tables_leave_out_what_was_not_run(ran):
    text = tables(ran / "plan.toml", ran / "results.jsonl")
    assert "### Both" in text and "| base |" in text and "| fine |" in text and "not yet run |" not in text


def test_held_out_songs_are_judged_and_never_mixed(ran):
    _, variants = load_plan(ran / "plan.toml")
    config = mixing(variants["base"]["mixing"])
    assert config.holdout == ("h",)
    pool = Pool(ran / "pool")
    assert [e.kind for e in held_out(pool, config.holdout, BAND, seconds=1.0, each=2)] == ["recorded"] * 2
    assert held_out(pool, ("nothing",), BAND) == []


def test_tables_within_tables_are_laid_over_each_other():
    assert merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}, "d": [1]}) == {"a": {"b": 3, "c": 2}, "d": [1]}


def test_an_unknown_variant_is_told(ran):
    with pytest.raises(UserError, match="no variant 'x'"):
        study(["x"], ran / "plan.toml", ran / "pool", ran / "results.jsonl")
