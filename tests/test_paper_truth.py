"""A test song's sources add up to its mixture, whichever of them are asked for."""

import numpy as np
from tiny_pool import make_pool

from offline_train.paper.nets import REST
from offline_train.paper.systems import IDEAL, MIXTURE, Reference, Truth
from offline_train.pool import Pool


def song(tmp_path):
    return Pool(make_pool(tmp_path), "valid").songs[0]


def test_all_targets_leave_no_rest(tmp_path):
    truth = Truth.of(song(tmp_path), ("vocals", "bass", "drums", "other"), True)
    assert list(truth.sources) == truth.targets == ["vocals", "bass", "drums", "other"]


def test_fewer_targets_leave_one(tmp_path):
    whole = song(tmp_path)
    truth = Truth.of(whole, ("vocals",), False)
    assert list(truth.sources) == ["vocals", REST] and truth.targets == ["vocals"]
    everything = sum(whole.read(name, 0, whole.samples) for name in whole.stems)
    np.testing.assert_allclose(truth.mixture, everything, atol=1e-6)


def test_a_target_that_the_song_lacks_is_silent(tmp_path):
    truth = Truth.of(song(tmp_path), ("piano",), False)
    assert not truth.sources["piano"].any() and not truth.labels["piano"].any()


def test_references(tmp_path):
    truth = Truth.of(song(tmp_path), ("vocals",), False)
    rows = Reference().separate(truth).rows
    np.testing.assert_array_equal(rows[MIXTURE][REST], truth.mixture)
    own, ideal, mixture = truth.sources["vocals"], rows[IDEAL]["vocals"], truth.mixture
    assert np.square(own - ideal).sum() < 0.1 * np.square(own - mixture).sum()
