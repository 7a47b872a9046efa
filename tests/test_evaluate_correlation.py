"""Correlations from the spectra of windows are those of whole signals, over the windows' borders too."""

import numpy as np
import pytest

from offline_train.evaluation.projection import TAPS
from offline_train.evaluation.windowed import TOGETHER, Windowed, correlate


@pytest.mark.parametrize("window", [511, 600, 2048, 5000, 60000])
@pytest.mark.parametrize("length", [60000, 59999, 20100])
def test_correlations_are_those_of_the_whole_signals(window, length):
    rng = np.random.default_rng(window)
    first, second = rng.standard_normal((3, length)), rng.standard_normal((2, length))
    window = min(window, length)
    found = correlate(Windowed(first, window), Windowed(second, window))
    assert found.shape == (2, 3, TAPS)
    for k in (0, 1, 255, 510, 511):
        np.testing.assert_allclose(found[..., k], second[:, k:] @ first[:, : length - k].T, atol=1e-8)


def test_windows_come_in_parts_of_the_same_spectra():
    audio = np.random.default_rng(0).standard_normal((2, 600 * TOGETHER + 700)).astype(np.float32)
    parts = list(Windowed(audio, 600).parts())
    assert [part.shape[1] for part in parts] == [TOGETHER, 2]
    kept = Windowed(audio[:, : 600 * TOGETHER], 600)
    assert next(kept.parts()) is next(kept.parts())
    np.testing.assert_array_equal(next(kept.parts()), parts[0])
