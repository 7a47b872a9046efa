"""What faders, mutes and solos come to: solo restores, mutes keep the fader, buses and their offsets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtiass.control import Control, vocabulary
from rtiass.errors import UserError
from rtiass.live.controls import make_control, publish_meters
from rtiass.live.faders import gain_matrix
from rtiass.live.options import LiveOptions
from rtiass.live.state import SharedState

STEMS, BUSES = ("vocals", "drums", "bass", "other"), ("mix", "karaoke", "bass")


def matrix(control: Control) -> np.ndarray:
    return gain_matrix(control.values()[0], STEMS, BUSES)


@pytest.fixture
def control() -> Control:
    return Control(vocabulary(STEMS, BUSES))


def test_mute_keeps_the_fader(control: Control) -> None:
    control.set("/stem/vocals/gain", -20)
    control.set("/stem/drums/mute", True)
    np.testing.assert_allclose(matrix(control), [[0.1, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 0]], rtol=1e-6)
    control.set("/stem/drums/mute", False)
    assert matrix(control)[0, 1] == 1.0


@given(st.lists(st.tuples(st.sampled_from(STEMS), st.booleans()), max_size=12))
def test_solo_restores_whatever_was_set(presses: list[tuple[str, bool]]) -> None:
    control = Control(vocabulary(STEMS, BUSES))
    control.set_many({"/stem/vocals/gain": -7.5, "/stem/bass/mute": True, "/stem/other/gain": "off"})
    before = matrix(control)
    for stem, on in presses:
        control.set(f"/stem/{stem}/solo", on)
        soloed = [s for s in STEMS if control.get(f"/stem/{s}/solo")]
        heard = {s for s in STEMS if matrix(control)[:, STEMS.index(s)].any()}
        assert heard <= set(soloed or STEMS) - {"bass", "other"}
    control.set_many({f"/stem/{stem}/solo": False for stem in STEMS})
    np.testing.assert_array_equal(matrix(control), before)


def test_buses_have_a_fader_a_mute_and_offsets(control: Control) -> None:
    control.set_many({"/bus/mix/gain": -20, "/bus/mix/stem/bass/gain": -20, "/bus/karaoke/mute": True})
    np.testing.assert_allclose(matrix(control), [[0.1, 0.1, 0.01, 0.1], [0] * 4, [0, 0, 1, 0]], rtol=1e-6)
    # A bus of one stem takes others on.
    control.set_many({"/bus/bass/stem/drums/gain": 0, "/bus/karaoke/mute": False})
    np.testing.assert_allclose(matrix(control)[1:], [[0, 1, 1, 1], [0, 1, 1, 0]])


def test_all_faders_at_the_top_stay_within_the_mixer(control: Control) -> None:
    control.set_many({p: 12 for p in control.parameters if p.endswith("/gain")})
    assert matrix(control).max() == 16.0


def test_options_set_the_state() -> None:
    control = make_control(LiveOptions(mode="ultra", policy="mute", vocals=0.5, faders={"drums": 0.0}), STEMS, BUSES)
    assert (control.get("/mode"), control.get("/policy"), control.get("/stem/drums/gain")) == ("ultra", "mute", -60.0)
    assert matrix(control)[1, 0] == pytest.approx(0.5)
    with pytest.raises(UserError, match="12 dB"):
        make_control(LiveOptions(faders={"vocals": 5.0}), STEMS, BUSES)
    with pytest.raises(UserError, match="no stem 'guitar'"):
        make_control(LiveOptions(faders={"guitar": 1.0}), STEMS, BUSES)
    with pytest.raises(UserError, match="no output 'kazoo'"):
        make_control(LiveOptions(), STEMS, ("kazoo",))


def test_meters_are_shown_whatever_the_child_wrote(control: Control) -> None:
    state = SharedState()
    state.fields["levels"][0, :3] = 0.01, np.nan, np.inf
    state.fields["activity"][0, :3] = 0.5, np.nan, 7.0
    state.put("host_latency", 2816.0)
    state.put("late_masks", 3)
    state.put("input_xruns", 2)
    publish_meters(control, state, STEMS, float("nan"), "lost:\nlook")
    assert control.get("/stem/vocals/level") == -20.0 and control.get("/stem/drums/level") == -60.0
    assert control.get("/stem/vocals/activity") == 0.5 and control.get("/stem/bass/activity") == 1.0
    assert (control.get("/latency/samples"), control.get("/late_masks"), control.get("/xruns")) == (2816.0, 3.0, 2.0)
    assert control.get("/latency/host") == 0.0 and control.get("/status") == "lost:look"
    state.close()
