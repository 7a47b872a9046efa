"""BSS Eval figures are those of museval, silent windows included."""

import numpy as np
import pytest
from fake_engine import music
from ffmpeg_needed import NEEDS_FFMPEG

from offline_train.evaluation.bsseval import BssEval, as_museval
from offline_train.evaluation.windowed import TOGETHER

pytestmark = NEEDS_FFMPEG
RATE = 44100
SECONDS = 2


def example(seed=0, sources=3):
    rng = np.random.default_rng(seed)
    true = np.stack([music(SECONDS * RATE + 500, seed=seed + k).T for k in range(sources)]).astype(np.float64)
    mixture = true.sum(axis=0)
    # Each estimate leaks, is filtered and has noise of its own.
    found = 0.8 * true + 0.1 * mixture + 0.1 * np.roll(true, 7, axis=-1)
    return true, found + 0.01 * rng.standard_normal(true.shape)


def by_museval(true, found, window=RATE):
    from museval.metrics import bss_eval  # which looks for FFmpeg when it is imported

    axes = (0, 2, 1)
    values = bss_eval(
        true.transpose(axes), found.transpose(axes), window=window, hop=window, compute_permutation=False,
        framewise_filters=False, bsseval_sources_version=False,
    )  # fmt: skip
    return dict(zip(("sdr", "isr", "sir", "sar"), values[:4], strict=True))


def test_every_window_of_every_figure_is_that_of_museval():
    true, found = example()
    ours, theirs = BssEval(true).score(found), by_museval(true, found)
    for figure, values in theirs.items():
        assert values.shape == (3, SECONDS) and np.isfinite(values).all()
        np.testing.assert_allclose(as_museval(ours[figure], true, found), values, atol=1e-6, err_msg=figure)


@pytest.mark.parametrize("which", ["reference", "estimate"])
def test_a_silent_window_is_undefined_as_in_museval(which):
    true, found = example(3, sources=2)
    (true if which == "reference" else found)[1, :, RATE : 2 * RATE] = 0.0
    ours, theirs = BssEval(true).score(found), by_museval(true, found)
    for figure, values in theirs.items():
        assert np.isnan(values[:, 1]).all()
        np.testing.assert_allclose(as_museval(ours[figure], true, found), values, atol=1e-6, err_msg=figure)
        # The source that sounds has a figure of its own there.
        assert np.isfinite(ours[figure][0]).all() and np.isnan(ours[figure][1, 1])


@pytest.mark.parametrize("what", ["repeats the other", "is silent"])
def test_a_channel_that_adds_nothing_leaves_the_figures_of_museval(what):
    true, found = example(1)
    true[1, 1] = true[1, 0] if what == "repeats the other" else 0.0
    ours, theirs = BssEval(true).score(found), by_museval(true, found)
    for figure, values in theirs.items():
        assert np.isfinite(values).all()
        np.testing.assert_allclose(as_museval(ours[figure], true, found), values, atol=1e-6, err_msg=figure)


def test_more_windows_than_are_held_at_a_time_are_those_of_museval():
    true, found = example(2, sources=2)
    window = 2000
    assert true.shape[-1] // window > TOGETHER and true.shape[-1] % window
    ours, theirs = BssEval(true, window).score(found), by_museval(true, found, window)
    for figure, values in theirs.items():
        np.testing.assert_allclose(ours[figure], values, atol=1e-6, err_msg=figure)


def test_a_signal_shorter_than_a_window_is_one_window():
    true, found = example(4, sources=2)
    true, found = true[..., :9000], found[..., :9000]
    ours, theirs = BssEval(true).score(found), by_museval(true, found)
    for figure, values in theirs.items():
        assert values.shape == (2, 1)
        np.testing.assert_allclose(ours[figure], values, atol=1e-6, err_msg=figure)


def test_a_perfect_estimate_has_no_distortion():
    true, _ = example(6, sources=2)
    ours = BssEval(true).score(true)
    assert np.isposinf(ours["sdr"]).all() and (ours["isr"] > 120).all()


def test_windows_shorter_than_the_filters_are_refused():
    with pytest.raises(ValueError, match="511"):
        BssEval(example(0, sources=2)[0], window=500)


def test_a_second_system_is_measured_with_the_same_references():
    true, found = example(5, sources=2)
    measure = BssEval(true)
    first = measure.score(found)
    measure.score(true + 0.2 * found[::-1])
    for figure, values in measure.score(found).items():
        np.testing.assert_array_equal(values, first[figure])


def test_a_silent_reference_is_refused():
    true, _ = example(0, sources=2)
    true[0] = 0.0
    with pytest.raises(ValueError, match="silent reference"):
        BssEval(true)
