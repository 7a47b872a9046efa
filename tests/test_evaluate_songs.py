"""A song through the separator: alignment and the exact karaoke split."""

import numpy as np
import pytest
from fake_engine import FakeSession, FixedSession, fake_bundle
from tiny_stems import STEMS, make_pool

from offline_train.evaluate import cut_song, evaluate, separate_song
from offline_train.pool import Pool
from offline_train.report import table
from rtiass.stft import MODES


@pytest.fixture
def stem_pool(tmp_path):
    return Pool(make_pool(tmp_path), "valid")


@pytest.mark.parametrize("mode", MODES)
def test_a_fixed_mask_is_a_gain_in_every_mode(stem_pool, mode):
    _, stems = cut_song(stem_pool.songs[0], 1.0)
    result = separate_song(fake_bundle(), FixedSession(), stems, mode, gate="off")
    mixture = np.sum(list(stems.values()), axis=0)
    assert result["latency"] == MODES[mode].window
    for estimate in result["estimates"].values():
        np.testing.assert_allclose(estimate, 0.25 * mixture, atol=1e-5)
    np.testing.assert_allclose(result["leak"], 0.75 * stems["vocals"], atol=1e-5)
    np.testing.assert_allclose(result["rest"], 0.75 * mixture, atol=1e-5)


@pytest.mark.parametrize("mode", ["live", "instant"])
def test_rest_falls_apart_into_leak_and_rest_for_moving_masks(stem_pool, mode):
    _, stems = cut_song(stem_pool.songs[0], 1.0)
    whole = separate_song(fake_bundle(), FakeSession(), stems, mode)
    np.testing.assert_allclose(sum(whole["estimates"].values()), np.sum(list(stems.values()), axis=0), atol=1e-5)
    alone = dict(stems, vocals=np.zeros_like(stems["vocals"]))
    np.testing.assert_array_equal(separate_song(fake_bundle(), FakeSession(), alone, mode)["leak"], 0.0)
    assert np.abs(whole["leak"]).max() < np.abs(stems["vocals"]).max()


def test_report_has_figures_and_a_row_for_what_needs_no_model(stem_pool):
    bundle = fake_bundle()
    bundle.card["model"] = {"version": "0"}
    report = evaluate(bundle, FixedSession(), stem_pool, ["live"], None, lambda text: None, gate="off")
    rows = report["summary"]["recorded"]
    assert list(rows) == ["live", "mixture", "silence", "ideal live"]
    assert rows["silence"]["vocals"]["sdr"] == pytest.approx(0.0)
    assert rows["live"]["karaoke"]["vocals_level"] == pytest.approx(-2.5, abs=0.01)
    assert rows["live"]["karaoke"]["rest_level"] == pytest.approx(-2.5, abs=0.01)
    for stem in STEMS:
        assert rows["ideal live"][stem]["sdr"] > rows["live"][stem]["sdr"] > rows["mixture"][stem]["sdr"]
        assert rows["live"][stem]["f1"] > 0.5
    assert "| live |" in table(report) and "recorded songs (v)" in table(report)


def test_silent_stems_are_left_out(tmp_path):
    make_pool(tmp_path)
    np.save(tmp_path / "audio" / "v_bass.npy", np.zeros((3 * 44100, 2), np.int16))
    _, stems = cut_song(Pool(tmp_path, "valid").songs[0], None)
    assert set(stems) == {"vocals", "drums", "other"}
