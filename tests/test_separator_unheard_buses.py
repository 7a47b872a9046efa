"""Buses that are only recorded: they change nothing that is heard, and no dry signal gets into them."""

import numpy as np
import pytest
from fake_engine import STEMS, FakeSession, fake_bundle, music

from rtiass.separator import StreamingSeparator

HEARD = {"karaoke": {s: float(s != "vocals") for s in STEMS}, "drums": {"drums": 1.0}}
RECORDED = {**HEARD, "vocals:pre": {"vocals": 1.0}}


@pytest.mark.parametrize("bypass", [False, True])
def test_what_is_heard_stays_the_same(bypass: bool) -> None:
    plain = StreamingSeparator(fake_bundle(), FakeSession(), mode="tight", buses=HEARD)
    recorded = StreamingSeparator(fake_bundle(), FakeSession(), mode="tight", buses=RECORDED, unheard=1)
    sound = music(20000)
    plain.bypass = recorded.bypass = bypass
    wanted, got = plain.process(sound), recorded.process(sound)
    for bus in HEARD:
        assert np.abs(wanted[bus] - got[bus]).max() < 1e-6
        assert np.abs(got[bus]).max() > 0.01


def test_bypass_and_faders_pass_a_recorded_bus_by() -> None:
    alone = StreamingSeparator(fake_bundle(), FakeSession(), mode="tight", buses={"vocals": {"vocals": 1.0}})
    recorded = StreamingSeparator(fake_bundle(), FakeSession(), mode="tight", buses=RECORDED, unheard=1)
    recorded.bypass = True
    recorded.mixer.set_gains(np.zeros((2, 4), np.float32))
    sound = music(20000)
    wanted = alone.process(sound)["vocals"]
    assert np.abs(recorded.process(sound)["vocals:pre"] - wanted).max() < 1e-6
    assert np.abs(wanted).max() > 0.01
