"""Stand-ins: the folders of both sets, out of arithmetic or of a pool, read by the sets' own readers."""

import numpy as np
import pytest
import soundfile
from dataset_copies import classes
from paper_study import NEEDS_MUSDB
from tiny_pool import add_item, tone

from offline_train.datasets import mm, open_set
from offline_train.datasets.classmap import load
from offline_train.labels import active, energy_envelope
from offline_train.lineup import CLASSES
from offline_train.paper.pools import MM_TARGETS
from offline_train.paper.standin import Size, make
from offline_train.paper.synth import PLAYERS, song
from rtiass.errors import UserError


def quiet(text):
    pass


def test_every_class_has_a_player():
    assert set(PLAYERS) == set(CLASSES)


def test_the_same_seed_gives_the_same_song():
    first, again, other = (song(seed, 2.0, ("vocals", "drums")) for seed in (3, 3, 4))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])


@pytest.mark.parametrize("name", PLAYERS)
def test_an_instrument_plays_and_pauses(name):
    sound = song(1, 6.0, (name,))[name]
    assert sound.shape == (2, 6 * 44100) and sound.dtype == np.float32
    assert 0.05 < np.abs(sound).max() <= 0.5
    labels = active([energy_envelope(sound.mean(axis=0))])[0]
    assert 0.3 < labels.mean() < 1.0


@NEEDS_MUSDB
def test_readers_find_both_sets(tmp_path):
    make(tmp_path, Size((2, 1, 1), 2.0), say=quiet)
    data = open_set("musdb18", tmp_path / "musdb")
    assert [len(data.of(split)) for split in ("train", "valid", "test")] == [2, 1, 1]
    for found in data.songs:
        assert sorted(name for name, _ in classes(found)) == ["bass", "drums", "other", "vocals"]
        audio = {track.name: soundfile.read(track.files[0])[0] for track in found.tracks}
        mixture, _ = soundfile.read(found.tracks[0].files[0].with_name("mixture.wav"))
        np.testing.assert_allclose(sum(audio.values()), mixture, atol=4 / 32768)
    names = load("medleydb", None)
    mixes = mm.read(tmp_path / "mm", names, None, False, 2.0)
    counts = {split: len(mixes.of(split)) for split in ("train", "valid", "test")}
    assert counts == {"train": 12, "valid": 6, "test": 6}
    assert {found.key.split("/")[0] for found in mixes.of("test")} == set(MM_TARGETS)


@NEEDS_MUSDB
def test_out_of_the_songs_of_a_pool(tmp_path):
    pool = tmp_path / "pool"
    for name, split in (("a", "train"), ("b", "train"), ("c", "valid"), ("d", "valid"), ("e", "valid")):
        for k, stem in enumerate(("vocals", "piano", "drums", "bass")[: {"d": 2, "e": 3}.get(name)]):
            add_item(pool, f"{name}_{stem}", stem, tone(200.0 * 2**k, 2.0, (0.0, 2.0)), song=name, split=split)
    made = make(tmp_path / "out", pool=pool, say=quiet)
    data = open_set("musdb18", tmp_path / "out" / "musdb")
    assert [len(data.of(split)) for split in ("train", "valid", "test")] == [1, 1, 1]  # d and e lack stems
    (test,) = data.of("test")
    other = next(track for track in test.tracks if track.class_name == "other")
    piano = np.load(pool / "audio" / "c_piano.npy").T / 32768
    np.testing.assert_allclose(other.read(0, 88200), piano, atol=2 / 32768)
    band = "MUSDB of 1 recorded to train, 1 recorded to validate, 1 recorded to test"
    assert made == f"songs of a pool: {band}; MM of 1 recorded to train, 1 recorded to validate, 2 recorded to test"
    assert make(tmp_path / "out", pool=pool, say=quiet) == made


@NEEDS_MUSDB
def test_no_more_of_a_pool_than_asked_for(tmp_path):
    pool = tmp_path / "pool"
    for number in range(7):
        split = "valid" if number > 4 else "train"
        for stem in ("vocals", "piano", "drums", "bass"):
            sound = tone(200.0, 4.0, (2.0, 4.0))
            add_item(pool, f"{number}_{stem}", stem, sound, song=f"song{number}", split=split)
    make(tmp_path / "out", Size((2, 1, 1), 1.0), pool, quiet)
    data = open_set("musdb18", tmp_path / "out" / "musdb")
    assert [len(data.of(split)) for split in ("train", "valid", "test")] == [2, 1, 1]
    assert [found.name[-12:] for found in data.of("train")] == ["Pool train 0", "Pool train 3"]
    (test,) = data.of("test")
    vocals = next(track for track in test.tracks if track.class_name == "vocals")
    assert vocals.seconds == 1.0
    assert np.abs(vocals.read(0, 44100)).mean() > 0.01, "the busiest second is one in which it sounds"
    with pytest.raises(UserError, match="holds another stand-in"):
        make(tmp_path / "out", pool=pool, say=quiet)


def test_a_pool_with_too_little(tmp_path):
    add_item(tmp_path / "pool", "a", "vocals", tone(200.0, 1.0, (0.0, 1.0)), song="a")
    with pytest.raises(UserError, match="too few songs of the split train"):
        make(tmp_path / "out", pool=tmp_path / "pool", say=quiet)
