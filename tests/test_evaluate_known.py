"""A song that tells one instrument from all the rest is measured for that instrument alone."""

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle
from tiny_pool import add_item, tone

from offline_train.evaluate import evaluate
from offline_train.evaluation.song import Plan
from offline_train.lineup import LINEUPS
from offline_train.pool import Pool


@pytest.fixture
def pool(tmp_path):
    known = {"song": "s", "split": "valid", "known": ["electric_guitar"]}
    add_item(tmp_path, "g", "electric_guitar", tone(300.0, 3.0, (0.0, 2.5)), **known)
    # Drums of the backing must not count as a stem of its own, nor as the last stem.
    rng = np.random.default_rng(0)
    backing = tone(90.0, 3.0, (0.5, 3.0)) + rng.integers(-800, 800, (3 * 44100, 2)).astype(np.int16)
    add_item(tmp_path, "r", "other", backing, **known)
    return Pool(tmp_path, "valid")


def test_only_the_known_stem_has_figures(pool):
    bundle = fake_bundle(stems=LINEUPS["six"])
    report = evaluate(bundle, FakeSession(7), pool, Plan(modes=("live",)), lambda text: None)
    rows = report["summary"]["recorded"]
    for row in ("live", "mixture", "irm live", "ibm live"):
        assert list(rows[row]) == ["electric_guitar"]
        assert {"sdr", "usdr", "museval_sir", "pes"} <= set(rows[row]["electric_guitar"])
    assert rows["irm live"]["electric_guitar"]["sdr"] > rows["mixture"]["electric_guitar"]["sdr"] + 10
    assert "auc" in rows["live"]["electric_guitar"]


def test_a_lineup_without_the_instrument_leaves_the_song_out(pool, tmp_path):
    for name in ("vocals", "drums"):
        add_item(tmp_path, name, name, tone(200.0, 2.0, (0.0, 2.0)), song="t", split="valid")
    report = evaluate(
        fake_bundle(), FakeSession(), Pool(tmp_path, "valid"), Plan(("live",), ideal=False, museval=False), print
    )
    assert list(report["songs"]["recorded"]) == ["t"]
