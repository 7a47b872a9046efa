"""Switches of the paper's recipe: Hann frames, masks by channel, unlevelled items, random accompaniments, label shift."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_stems import add_item, make_pool, settings, tone

from offline_train.lineup import Lineup
from offline_train.mixing import LEVEL, Mixer
from offline_train.pool import Pool
from offline_train.spectra import spectra

PLAIN = replace(
    settings().mixing, exponent=1.0, target="magnitude", lowpass=0.0, loss_bins=2049, equaliser=0.0, level=0.0,
    modes=((4096, 1024, 1.0),), holdout=(), recorded_song=0.0, rendered_song=0.0, silence=0.0, solo=0.0, swap=0.0,
    flip=0.0, narrow=0.0, seek_active=0.0, second={}, absent=dict.fromkeys(settings().mixing.absent, 0.0),
)  # fmt: skip
VOCALS = Lineup(("vocals", "accompaniment"))


@pytest.fixture
def pool(tmp_path):
    return Pool(make_pool(tmp_path))


def test_hann_frames_are_scaled_to_unit_noise():
    audio = torch.randn(200000, generator=torch.Generator().manual_seed(0))
    power = spectra(audio, 4096, 1024, True).abs().square().mean()
    assert float(power) == pytest.approx(1.0, abs=0.03)
    frame = spectra(audio[:4096], 4096, 1024, True)[0]
    window = torch.hann_window(4096)
    torch.testing.assert_close(
        frame, torch.fft.rfft(audio[:4096] * window) / window.square().sum().sqrt(), atol=1e-4, rtol=1e-4
    )


def test_channels_apart_are_the_terms_of_their_sums(pool):
    together, apart = (Mixer(pool, replace(PLAIN, apart=flag), 3).batch(0) for flag in (False, True))
    assert torch.equal(together.magnitude, apart.magnitude) and torch.equal(together.active, apart.active)
    for name in ("power", "cross", "own"):
        pairs = getattr(apart, name).unflatten(0, (-1, 2))
        torch.testing.assert_close(pairs.sum(dim=1), getattr(together, name))
    torch.testing.assert_close(apart.power.unflatten(0, (-1, 2)), apart.magnitude.square())


def test_items_keep_their_level_if_told_so(pool):
    """The pool's single vocal is at a tenth of the level of that of its song."""
    config = replace(PLAIN, gain=(1.0, 1.0), absent={**PLAIN.absent, "drums": 1.0, "bass": 1.0, "other": 1.0})
    for levelled in (True, False):
        mixer = Mixer(pool, replace(config, levelled=levelled), 1, VOCALS)
        peaks = {
            round(float(np.abs(mixer.draw(np.random.default_rng(k), 30000, 4096, 1024)[0]).max()), 2) for k in range(12)
        }
        assert (max(peaks) / max(min(peaks), 0.01) > 3) is not levelled
    item = pool.items["s_vocals"]
    sounds = mixer._dress(np.random.default_rng(0), item, 0, 30002, 1.0, 30000)
    np.testing.assert_array_equal(sounds, item.read(0, 30000))
    assert item.level < 0.5 * LEVEL


def test_a_target_and_one_to_five_others(tmp_path):
    make_pool(tmp_path)
    for k, stem in enumerate(("piano", "piano", "electric_guitar")):
        add_item(tmp_path, f"more{k}", stem, tone(700.0 + k, 2.0, (0.0, 2.0)), kind="rendered")
    pool = Pool(tmp_path)
    mixer = Mixer(pool, replace(PLAIN, accompaniment=(1, 5)), 1, VOCALS)
    counts, classes = set(), set()
    for seed in range(80):
        parts = list(mixer._together(np.random.default_rng(seed), set()))
        assert parts[0][0] == "vocals" and all(name != "vocals" for name, _ in parts[1:])
        assert len({item.id for _, item in parts}) == len(parts)
        counts.add(len(parts) - 1)
        classes |= {name for name, _ in parts[1:]}
    assert counts == {1, 2, 3, 4, 5} and classes == {"drums", "bass", "other", "piano", "electric_guitar"}


def test_labels_may_be_read_late(pool):
    plain, shifted = (Mixer(pool, replace(PLAIN, label_shift=shift), 1) for shift in (0, 4096))
    differ = 0
    for seed in range(8):
        (audio, labels), (same, late) = (
            m.draw(np.random.default_rng(seed), 60000, 4096, 1024) for m in (plain, shifted)
        )
        np.testing.assert_array_equal(audio, same)
        np.testing.assert_array_equal(late[:, :-4], labels[:, 4:])
        differ += not np.array_equal(late, labels)
    assert differ


def test_what_may_hold_the_target_is_no_accompaniment(tmp_path):
    make_pool(tmp_path)
    tone_of = tone(700.0, 2.0, (0.0, 2.0))
    add_item(tmp_path, "both", "other", tone_of, kind="rendered", holds=["acoustic_guitar", "other", "vocals"])
    add_item(tmp_path, "hidden", "other", tone_of, kind="rendered", holds=["vocals"])
    pool = Pool(tmp_path)
    for lineup, drawn in ((VOCALS, set()), (Lineup(("drums", "accompaniment")), {"both", "hidden"})):
        mixer = Mixer(pool, replace(PLAIN, accompaniment=(1, 5)), 1, lineup)
        parts = [item.id for seed in range(60) for _, item in mixer._together(np.random.default_rng(seed), set())]
        assert {"both", "hidden"} & set(parts) == drawn


def test_an_item_that_packing_lowered_is_raised_again(tmp_path):
    add_item(tmp_path, "a", "vocals", tone(300.0, 2.0, (0.0, 2.0)), gain=0.25)
    add_item(tmp_path, "b", "drums", tone(300.0, 2.0, (0.0, 2.0)))
    pool = Pool(tmp_path)
    mixer = Mixer(pool, replace(PLAIN, gain=(1.0, 1.0), levelled=False), 1, VOCALS)
    lowered, other = (
        mixer._dress(np.random.default_rng(0), pool.items[name], 0, 30002, 1.0, 30000) for name in ("a", "b")
    )
    np.testing.assert_allclose(lowered, 4 * pool.items["a"].read(0, 30000), rtol=1e-6)
    np.testing.assert_array_equal(other, pool.items["b"].read(0, 30000))
