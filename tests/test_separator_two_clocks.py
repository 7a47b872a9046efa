"""The network runs once a period, the audio once a hop; masks may be applied a set number of hops later."""

import numpy as np
import pytest
from fake_engine import FakeSession, FixedSession, fake_bundle, music

from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda m: m.name)
def test_network_steps(mode):
    session = FakeSession()
    StreamingSeparator(fake_bundle(), session, mode=mode.name).process(music(10240))
    assert session.steps == 10240 // mode.period


@pytest.mark.parametrize("period", [128, 512, 1024])
def test_slower_network(period):
    session = FakeSession()
    StreamingSeparator(fake_bundle(), session, mode="instant", period=period).process(music(10240))
    assert session.steps == 10240 // period


class Counting(FixedSession):
    """All of frame n's spectrum goes to the vocals if n is even, else to the drums."""

    def step(self, magnitude):
        self._masks[:] = 0
        self._masks[self.steps % 2] = 1
        return super().step(magnitude)


@pytest.mark.parametrize("delay", [0, 1, 3])
@pytest.mark.parametrize(("mode", "period"), [("live", 1024), ("instant", 128), ("instant", 512)])
def test_masks_are_applied_so_many_hops_after_their_frame(mode, period, delay):
    separator = StreamingSeparator(fake_bundle(), Counting(), mode=mode, period=period, mask_delay=delay, gate="off")
    hop = MODES[mode].hop
    sound = music(hop * 24)
    for index in range(24):
        separator.process(sound[index * hop : (index + 1) * hop])
        newest = (index + 1 - delay) // (period // hop) - 1  # a network step ends each period
        if newest < 0:
            assert not separator.masks.any()
        else:
            assert separator.masks[newest % 2].all() and not separator.masks[1 - newest % 2].any()
    assert separator.late_masks == 0 and separator.mask_age == 0


def test_stem_masks_act_on_the_frame_they_were_computed_from():
    """With no delay, a burst that only the vocals' mask lets through is there from its first frame on."""
    masks = np.zeros((4, 2049), np.float32)
    masks[0] = 1
    separator = StreamingSeparator(fake_bundle(), FixedSession(masks), gate="off")
    sound = music(9000)
    stems = separator.process(sound)
    np.testing.assert_allclose(stems["vocals"][2048:], sound[:-2048], atol=1e-6)
    assert np.abs(stems["other"]).max() < 1e-6
