"""What comes later never changes what went out before."""

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle, music

from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES


@pytest.mark.parametrize("at", [1, 4095, 9000])
@pytest.mark.parametrize("mode", MODES)
def test_later_input_does_not_change_earlier_output(mode, at):
    sound = music(14000)
    other = sound.copy()
    other[at:] = music(14000, seed=9)[at:]
    first, second = (
        np.stack(list(StreamingSeparator(fake_bundle(), FakeSession(), mode=mode).process(s).values()))
        for s in (sound, other)
    )
    np.testing.assert_array_equal(first[:, :at], second[:, :at])
    assert not np.array_equal(first, second)
