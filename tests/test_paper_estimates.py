"""Estimates that are kept: each song in a folder of its own, none made twice, each choice of targets apart."""

import numpy as np
import pytest
import soundfile
from tiny_pool import RATE, add_item

from offline_train.paper.pools import MUSDB_TARGETS, Material
from offline_train.paper.scores import Scores
from offline_train.paper.systems import Separated, System

ROW = "true sources"


class Known(System):
    """Puts the sources out, and counts the songs."""

    name, digest = "known", "1"

    def __init__(self):
        self.heard = []

    def separate(self, truth):
        self.heard.append(truth.name)
        return Separated(rows={ROW: {target: 0.5 * truth.sources[target] for target in truth.targets}})


def noise(seed):
    """Two seconds, as a pool has them."""
    return np.round(3000 * np.random.default_rng(seed).standard_normal((2 * RATE, 2))).astype(np.int16)


def quiet(text):
    pass


@pytest.fixture
def mixes(tmp_path):
    """Two mixes of MM, for the first and second voice of songs of the same name."""
    for number, song in enumerate(("mm/vocals/Song/1", "mm/vocals/Song/2", "mm/vocals/Other/1")):
        for k, stem in enumerate(("vocals", "drums")):
            add_item(tmp_path / "pool", f"{number}{stem}", stem, noise(2 * number + k), song=song, split="test")
    return Material("mm", tmp_path / "pool")


@pytest.fixture
def songs(tmp_path):
    for k, stem in enumerate(MUSDB_TARGETS):
        add_item(tmp_path / "songs", stem, stem, noise(k), song="musdb18/test/A - B", split="test")
    return Material("musdb", tmp_path / "songs")


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.wav"))


def test_mixes_of_one_number_do_not_overwrite_each_other(tmp_path, mixes):
    system = Known()
    Scores(tmp_path / "scores", quiet, tmp_path / "kept").of(system, mixes, ["vocals"])
    home = tmp_path / "kept" / "mm-known" / "true-sources" / "test"
    assert files(home) == [f"vocals-{song}/vocals.wav" for song in ("Other-1", "Song-1", "Song-2")]
    found, rate = soundfile.read(home / "vocals-Song-2" / "vocals.wav", dtype="float32")
    song = {song.name: song for song in mixes.songs("vocals")}["mm/vocals/Song/2"]
    expected = song.read("vocals", 0, 2 * RATE)
    assert rate == RATE
    np.testing.assert_array_equal(found.T, np.float32(0.5) * expected)


def test_what_is_kept_is_not_made_again(tmp_path, mixes):
    first, again, other = Known(), Known(), Known()
    other.digest = "2"
    scores = Scores(tmp_path / "scores", quiet, tmp_path / "kept")
    scores.of(first, mixes, ["vocals"])
    scores.of(again, mixes, ["vocals"])
    assert len(first.heard) == 3 and again.heard == []
    lost = tmp_path / "kept" / "mm-known" / "true-sources" / "test" / "vocals-Song-1" / "vocals.wav"
    lost.unlink()
    scores.of(again, mixes, ["vocals"])
    assert again.heard == ["mm/vocals/Song/1"] and lost.is_file()
    scores.of(other, mixes, ["vocals"])
    assert len(other.heard) == 3


def test_a_song_that_was_broken_off_is_made_again(tmp_path, mixes, monkeypatch):
    scores = Scores(tmp_path / "scores", quiet, tmp_path / "kept")
    scores.of(Known(), mixes, ["vocals"])
    changed = Known()
    changed.digest = "2"
    write = soundfile.write
    monkeypatch.setattr(soundfile, "write", lambda file, **how: [write(file, **how), 1 / 0])
    with pytest.raises(ZeroDivisionError):
        scores.of(changed, mixes, ["vocals"])
    monkeypatch.setattr(soundfile, "write", write)
    # The first song is neither of the one system nor of the other; the rest is of the first.
    back = Known()
    scores.of(back, mixes, ["vocals"])
    assert back.heard == ["mm/vocals/Other/1"]
    assert not list((tmp_path / "kept").rglob("*.part"))


def test_each_choice_of_targets_is_kept_apart(tmp_path, songs):
    system = Known()
    scores = Scores(tmp_path / "scores", quiet, tmp_path / "kept")
    scores.of(system, songs, MUSDB_TARGETS)
    (all_four,) = scores.of(system, songs, MUSDB_TARGETS)["vocals"]
    (alone,) = scores.of(system, songs, ["vocals"])["vocals"]
    scores.of(system, songs, MUSDB_TARGETS)
    assert len(system.heard) == 2
    assert list(all_four.rows[ROW]) == list(MUSDB_TARGETS) and list(alone.rows[ROW]) == ["vocals", "accompaniment"]
    assert files(tmp_path / "kept" / "musdb-known" / "true-sources") == [
        f"test/A - B/{target}.wav" for target in sorted(MUSDB_TARGETS)
    ]
    assert files(tmp_path / "kept" / "musdb-known-vocals" / "true-sources") == ["test/A - B/vocals.wav"]
