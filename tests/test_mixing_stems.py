"""What is drawn: levels, absent stems, excerpts that sound."""

import os
from dataclasses import replace

import numpy as np
from tiny_stems import STEMS, add_item, make_pool, settings, tone

from offline_train.mixing import LEVEL, Mixer
from offline_train.pool import Pool
from offline_train.spectra import chunk_samples

PLAIN = {
    "swap": 0.0,
    "flip": 0.0,
    "narrow": 0.0,
    "equaliser": 0.0,
    "level": 0.0,
    "second": {},
    "silence": 0.0,
    "solo": 0.0,
}
SAMPLES = chunk_samples(20, 1024)


def draws(folder, count, **changes):
    mixer = Mixer(Pool(make_pool(folder)), replace(settings().mixing, **{**PLAIN, **changes}), 0)
    return [mixer.draw(np.random.default_rng([0, k]), SAMPLES, 2048, 1024) for k in range(count)]


def test_random_items_have_one_level(tmp_path):
    kinds = {stem: {"sampled": 1.0} for stem in STEMS}
    none = dict.fromkeys(STEMS, 0.0)
    drawn = draws(tmp_path, 8, recorded_song=0.0, rendered_song=0.0, kinds=kinds, absent=none, gain=(1.0, 1.0))
    for audio, active in drawn:
        assert active.all()
        # The level is that of the mono sum; the right channel is 0.8 of the left.
        mono = audio.mean(axis=1)
        np.testing.assert_allclose(np.sqrt(np.mean(mono**2, axis=1)), LEVEL, rtol=0.05)


def test_stems_of_a_song_keep_their_alignment(tmp_path):
    ramp = np.repeat(np.arange(3 * 44100)[:, None] % 20000, 2, axis=1).astype(np.int16)
    for index, stem in enumerate(STEMS):
        add_item(tmp_path, stem, stem, ramp // (index + 1), song="ramp")
    none = dict.fromkeys(STEMS, 0.0)
    config = replace(settings().mixing, **PLAIN, recorded_song=1.0, absent=none, gain=(0.5, 0.5))
    audio, _ = Mixer(Pool(tmp_path), config, 0).draw(np.random.default_rng(1), SAMPLES, 2048, 1024)
    assert audio.max() > 0.2
    for index in range(len(STEMS)):
        # Whole numbers were divided: the remainder is below one step of 16 bits.
        np.testing.assert_allclose(audio[index] * (index + 1), audio[0], atol=0.5 * 4 / 32768)


def test_absent_stems_are_silent_and_unlabelled_but_never_all(tmp_path):
    for song in (0.0, 1.0):
        drawn = draws(tmp_path / str(song), 12, recorded_song=song, absent=dict.fromkeys(STEMS, 0.7), seek_active=1.0)
        heard = [np.abs(audio).max(axis=(1, 2)) > 0 for audio, _ in drawn]
        labelled = [active.any(axis=1) for _, active in drawn]
        assert all(row.any() for row in heard)
        assert 12 <= np.sum(heard) <= 30
        # Smoothed labels reach a little past a stem's own edges, so a labelled stem may be silent now and then.
        assert np.sum(np.array(labelled) & ~np.array(heard)) <= 2
    everything = draws(tmp_path / "all", 6, recorded_song=0.0, absent=dict.fromkeys(STEMS, 1.0))
    assert all(np.abs(audio).max() > 0 for audio, _ in everything)


def test_gains_do_not_change_labels(tmp_path):
    none = dict.fromkeys(STEMS, 0.0)
    soft = draws(tmp_path, 4, absent=none, gain=(0.25, 0.25))
    loud = draws(tmp_path / "again", 4, absent=none, gain=(1.25, 1.25))
    for (a, first), (b, second) in zip(soft, loud, strict=True):
        np.testing.assert_allclose(5 * a, b, rtol=1e-4, atol=1e-6)
        assert np.array_equal(first, second)


def test_a_song_is_cut_where_a_stem_that_is_left_in_sounds(tmp_path):
    """The voice is what is looked for, but it may be absent: then the moment is one of the bass."""
    add_item(tmp_path, "v", "vocals", tone(300.0, 60.0, (0.0, 55.0)), song="long")
    add_item(tmp_path, "b", "bass", tone(60.0, 60.0, (58.0, 60.0)), song="long")
    absent = {"vocals": 1.0, "bass": 0.0}
    config = replace(settings().mixing, **PLAIN, recorded_song=1.0, absent=absent, seek_active=0.0)
    mixer = Mixer(Pool(tmp_path), config, 0)
    for k in range(6):
        audio, active = mixer.draw(np.random.default_rng(k), SAMPLES, 2048, 1024)
        assert audio[2].any() and active[2].any()
        assert not audio[[0, 1, 3]].any() and not active[[0, 1, 3]].any()


def test_what_is_shorter_than_the_excerpt_is_inactive_outside_of_it(tmp_path):
    """A note that sounds from its first to its last sample, in an excerpt eight times as long."""
    add_item(tmp_path, "note", "bass", tone(60.0, 0.5, (0.0, 0.5)), kind="sampled")
    config = replace(settings().mixing, **PLAIN, recorded_song=0.0, kinds={"bass": {"sampled": 1.0}}, speed=1.0)
    mixer = Mixer(Pool(tmp_path), config, 0)
    count = 4 * 44100
    for k in range(6):
        audio, active = mixer.draw(np.random.default_rng(k), count, 2048, 1024)
        middles = np.arange(4096, count + 1, 1024) - 1024
        sounds = np.abs(audio[2, 0]) > 0
        first, last = np.flatnonzero(sounds)[[0, -1]]
        near = (middles >= first - 2) & (middles <= last + 2)
        assert np.array_equal(active[2] > 0, near)


def test_recordings_that_may_hold_several_stems_are_not_heard(tmp_path):
    make_pool(tmp_path)
    loud = tone(1000.0, 3.0, (0.0, 3.0), 0.9)
    add_item(tmp_path, "mix", "other", loud, song="a", known=["vocals"])
    add_item(tmp_path, "backing", "other", loud, kind="sampled", holds=["drums", "bass", "other"])
    add_item(tmp_path, "keys", "other", tone(900.0, 3.0, (0.0, 3.0)), kind="sampled", holds=["piano", "other"])
    material = Mixer(Pool(tmp_path), settings().mixing, 0).material
    assert material.songs == {"recorded": [], "rendered": []}
    names = {item.id for kinds in material.items.values() for items in kinds for item in items.items}
    assert {"s_other", "keys"} <= names and not {"mix", "backing"} & names


def test_what_may_be_heard_follows_a_growing_pool(tmp_path):
    pool = Pool(make_pool(tmp_path))
    mixer = Mixer(pool, settings().mixing, 0)
    add_item(tmp_path, "late", "bass", tone(60.0, 1.0, (0.0, 1.0)), kind="rendered")
    add_item(tmp_path, "held@0.90", "bass", tone(60.0, 1.0, (0.0, 1.0)), kind="rendered")
    os.utime(tmp_path / "pool.json", ns=(1, 1))
    pool.refresh()
    names = {item.id for items in mixer.material.items["bass"] for item in items.items}
    assert "late" in names and "held@0.90" not in names
