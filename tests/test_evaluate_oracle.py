"""Ideal ratio masks: stems that do not overlap come apart, and the parts add up."""

import numpy as np
import pytest

from offline_train.oracle import ideal_ratio
from offline_train.score import sdr
from rtiass.stft import MODES


@pytest.mark.parametrize("name", ["live", "tight"])
def test_distant_tones_come_apart(name):
    t = np.arange(44100) / 44100
    stems = np.stack([np.stack([0.3 * np.sin(2 * np.pi * f * t)] * 2) for f in (220.0, 5000.0)])
    found = ideal_ratio(stems.astype(np.float32), MODES[name])
    assert found.shape == stems.shape
    np.testing.assert_allclose(found.sum(axis=0), stems.sum(axis=0), atol=1e-5)
    for target, estimate in zip(stems, found, strict=True):
        assert sdr(target[:, 4096:-4096], estimate[:, 4096:-4096]) > 25
