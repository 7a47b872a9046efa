"""Activity labels: who plays when."""

import numpy as np

from offline_train.labels import active, at_samples, confidence


def steps(*levels, frames=60):
    return np.repeat(np.array(levels, dtype=float), frames)


def test_active_where_it_sounds():
    labels = active([steps(0.0, 0.3, 0.0)])[0]
    # The zero-phase smoothing reaches some frames past either edge.
    assert labels[60:120].all()
    assert not labels[:50].any() and not labels[130:].any()


def test_confidence_is_one_half_at_the_midpoint():
    # Alone and constant, H is 1; a stem at 0.15 / 2 of the sum of two has H = 2 * 0.075 = 0.15.
    values = confidence([np.full(50, 0.925), np.full(50, 0.075)])
    np.testing.assert_allclose(values[1], 0.5, atol=1e-9)
    assert (values[0] > 0.999).all()


def test_soft_stem_of_a_loud_song_is_inactive():
    labels = active([np.full(50, 0.5), np.full(50, 0.01)])
    assert labels[0].all() and not labels[1].any()


def test_near_silence_is_inactive():
    assert not active([np.full(50, 0.009)]).any()
    assert not active([np.zeros(50)]).any()


def test_a_signal_shorter_than_the_filter_needs():
    assert active([np.array([0.3, 0.3])]).all()


def test_labels_are_read_at_the_nearest_frame():
    labels = np.array([True, False, True])
    positions = np.array([-5000, 0, 1023, 1024, 3071, 3072, 99999])
    assert at_samples(labels, positions).tolist() == [True, True, True, False, False, True, True]
