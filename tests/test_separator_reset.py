"""After a reset everything replays to the bit."""

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle, music

from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES


@pytest.mark.parametrize("gate", ["fast", "strict"])
@pytest.mark.parametrize("mode", MODES)
def test_replay(mode, gate):
    sound = music(15000)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode, gate=gate, mask_delay=1)
    first = np.stack(list(separator.process(sound).values()))
    separator.reset()
    np.testing.assert_array_equal(np.stack(list(separator.process(sound).values())), first)


def test_reset_in_the_middle_of_a_mode_change_ends_it():
    sound = music(15000)
    fresh = StreamingSeparator(fake_bundle(), FakeSession(), mode="ultra")
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="live")
    separator.process(sound[:3000])
    separator.set_mode("ultra")
    separator.process(sound[:1500])
    separator.reset()
    assert separator.mode.name == "ultra" and not separator.switching
    np.testing.assert_array_equal(
        np.stack(list(separator.process(sound).values())), np.stack(list(fresh.process(sound).values()))
    )
