"""A song through the separator: alignment, the exact karaoke split, and rows for what needs no model."""

from dataclasses import replace

import numpy as np
import pytest
from fake_engine import FakeSession, FixedSession, fake_bundle
from tiny_pool import STEMS, make_pool

from offline_train.evaluate import evaluate
from offline_train.evaluation.song import Plan
from offline_train.evaluation.streamed import separate_song
from offline_train.evaluation.table import table
from offline_train.evaluation.truth import cut_song
from offline_train.lineup import BAND
from offline_train.pool import Pool
from rtiass.errors import UserError
from rtiass.stft import MODES


@pytest.fixture
def stem_pool(tmp_path):
    return Pool(make_pool(tmp_path), "valid")


def separated(truth, session, mode="live", gate="fast"):
    return separate_song(fake_bundle(), session, truth, mode, [gate])[gate]


@pytest.mark.parametrize("mode", MODES)
def test_a_fixed_mask_is_a_gain_in_every_mode(stem_pool, mode):
    truth = cut_song(stem_pool.songs[0], BAND, 1.0)
    result = separated(truth, FixedSession(), mode, "off")
    assert result.latency == MODES[mode].window
    for estimate in result.estimates.values():
        np.testing.assert_allclose(estimate, 0.25 * truth.mixture, atol=1e-5)
    np.testing.assert_allclose(result.leak, 0.75 * truth.stems["vocals"], atol=1e-5)


@pytest.mark.parametrize("mode", ["live", "instant"])
def test_rest_falls_apart_into_leak_and_rest_for_moving_masks(stem_pool, mode):
    truth = cut_song(stem_pool.songs[0], BAND, 1.0)
    whole = separated(truth, FakeSession(), mode)
    np.testing.assert_allclose(sum(whole.estimates.values()), truth.mixture, atol=1e-5)
    mute = replace(truth, stems={**truth.stems, "vocals": 0 * truth.stems["vocals"]})
    np.testing.assert_array_equal(separated(mute, FakeSession(), mode).leak, 0.0)
    assert np.abs(whole.leak).max() < np.abs(truth.stems["vocals"]).max()


def test_report_has_figures_and_rows_for_what_needs_no_model(stem_pool):
    plan = Plan(modes=("live",), gate="off")
    report = evaluate(fake_bundle(), FixedSession(), stem_pool, plan, lambda text: None)
    rows = report["summary"]["recorded"]
    assert list(rows) == ["live", "mixture", "silence", "irm live", "ibm live"]
    assert rows["silence"]["vocals"]["sdr"] == pytest.approx(0.0)
    assert rows["live"]["karaoke"]["vocals_level"] == pytest.approx(-2.5, abs=0.01)
    assert rows["live"]["karaoke"]["rest_level"] == pytest.approx(-2.5, abs=0.01)
    for stem in STEMS:
        assert rows["irm live"][stem]["sdr"] > rows["live"][stem]["sdr"] > rows["mixture"][stem]["sdr"]
        assert rows["ibm live"][stem]["museval_sdr"] > rows["mixture"][stem]["museval_sdr"]
        assert rows["live"][stem]["f1"] > 0.5
    assert "| live |" in table(report) and "recorded songs (v)" in table(report)


def test_museval_sdr_of_sounding_windows_is_the_plain_one(stem_pool):
    plan = Plan(modes=("live",))
    report = evaluate(fake_bundle(), FakeSession(), stem_pool, plan, lambda text: None)
    for row in report["songs"]["recorded"]["v"].values():
        for part in (row[stem] for stem in STEMS if "museval_sdr" in row.get(stem, {})):
            np.testing.assert_allclose(part["windows"]["museval_sdr"], part["windows"]["sdr"], atol=1e-3)


def test_without_museval_its_figures_are_not_there(stem_pool):
    plan = Plan(modes=("live",), museval=False, ideal=False)
    report = evaluate(fake_bundle(), FixedSession(), stem_pool, plan, lambda text: None)
    assert list(report["summary"]["recorded"]) == ["live"]
    assert "museval_sdr" not in report["summary"]["recorded"]["live"]["vocals"]


def test_a_pool_without_songs_to_measure_says_so(stem_pool):
    stem_pool.songs = []
    with pytest.raises(UserError, match="no song of two or more"):
        evaluate(fake_bundle(), FixedSession(), stem_pool, Plan(), lambda text: None)
