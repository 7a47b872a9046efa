"""Buses are weighted sums of gated stems, and `other` takes the rest."""

import numpy as np
import pytest
from fake_engine import STEMS

from rtiass.errors import UserError
from rtiass.mixer import Mixer, karaoke_bus
from rtiass.ramp import ease


def some_masks(seed=0):
    masks = np.random.default_rng(seed).dirichlet(np.ones(4), 2049).T
    return np.ascontiguousarray(masks, dtype=np.float32)


def mixed(mixer, masks, weights):
    out = np.empty((len(mixer.buses), masks.shape[1]), np.float32)
    mixer.masks(masks, np.asarray(weights, np.float32), out)
    return out


def test_unity_is_exactly_one_whatever_the_gates():
    mixer = Mixer(STEMS, {"all": dict.fromkeys(STEMS, 1.0)})
    assert (mixed(mixer, some_masks(), [0.3, 1.0, 0.0, 1.0]) == 1.0).all()


def test_stem_buses_sum_to_one_and_closed_gates_flow_to_other():
    masks = some_masks()
    out = mixed(Mixer(STEMS), masks, [0.0, 1.0, 0.5, 1.0])
    np.testing.assert_allclose(out.sum(axis=0), 1.0, atol=1e-6)
    assert not out[0].any()
    np.testing.assert_allclose(out[3], masks[3] + masks[0] + 0.5 * masks[2], atol=1e-6)


def test_karaoke_is_one_minus_the_gated_vocals():
    masks = some_masks()
    out = mixed(Mixer(STEMS, karaoke_bus(STEMS, 0.25)), masks, [0.5, 1, 1, 1])
    np.testing.assert_allclose(out[0], 1 - 0.5 * 0.75 * masks[0], atol=1e-6)


def test_a_fader_move_takes_thirty_milliseconds_and_ends_exactly():
    mixer = Mixer(STEMS, karaoke_bus(STEMS))
    mixer.set_gain("karaoke", "vocals", 1.0)
    masks, seen = some_masks(), []
    before = float(mixed(mixer, masks, [1, 1, 1, 1])[0].mean())
    for _ in range(14):
        mixer.advance(128 / 44100)
        seen.append(float(mixed(mixer, masks, [1, 1, 1, 1])[0].mean()))
    # It begins with the hop after which it was set; 30 ms are 10.3 hops.
    assert seen[0] == before and seen[10] < 1.0 and seen[11:] == [1.0] * 3
    np.testing.assert_allclose(
        [(value - before) / (1.0 - before) for value in seen], [ease(k * 128 / 1323) for k in range(14)], atol=1e-5
    )


def test_the_gains_to_come_are_those_that_come():
    one, other = (Mixer(STEMS, {"mix": dict.fromkeys(STEMS, 1.0)}) for _ in range(2))
    for mixer in (one, other):
        mixer.set_gain("mix", "bass", 0.0)
        mixer.set_gain("mix", "drums", 2.0)
        mixer.advance(256 / 44100)
    for hop in range(1, 7):
        other.advance(256 / 44100)
        one.look(hop * 256 / 44100)
        np.testing.assert_allclose(one._current, other._current, atol=1e-6)


@pytest.mark.parametrize("hop", [128, 256, 512, 1024])
def test_a_mute_ends_on_time_while_another_fader_keeps_moving(hop):
    mixer = Mixer(STEMS, {"mix": dict.fromkeys(STEMS, 1.0)})
    mixer.set_gain("mix", "bass", 0.0)
    for turn in range(int(np.ceil(0.03 * 44100 / hop))):
        mixer.set_gain("mix", "drums", 0.9 - turn / 100)
        mixer.advance(hop / 44100)
        assert mixer._current[0, 2] > 0.0
    mixer.advance(hop / 44100)
    assert mixer._current[0, 2] == 0.0 and mixer._current[0, 1] != mixer.gain("mix", "drums")


@pytest.mark.parametrize("hop", [128, 1024])
def test_a_dragged_fader_follows_and_never_overshoots(hop):
    mixer = Mixer(STEMS, {"mix": dict.fromkeys(STEMS, 1.0)})
    places = [*np.linspace(1, 0, 20), *np.linspace(0, 1, 20), 0.0, 0.0]
    for place in places:
        mixer.set_gain("mix", "bass", float(place))
        mixer.advance(hop / 44100)
        assert -1e-6 <= mixer._current[0, 2] <= 1.0 + 1e-6
    for _ in range(11):
        mixer.advance(hop / 44100)
    assert mixer._current[0, 2] == 0.0 and not mixer.moving


def test_a_long_ramp_is_straight_and_has_the_length_asked_for_whatever_the_hops():
    mixer = Mixer(STEMS, {"mix": dict.fromkeys(STEMS, 1.0)})
    mixer.set_gain("mix", "bass", 0.0, ramp=1.0)
    for hop in (128, 1024, 256, 512) * 11:
        mixer.advance(hop / 44100)
    # A move is eased in: it lags behind its straight line by half of 30 ms, and the first hop counts from its end.
    due = (11 * 1920 / 44100 - 0.015) / 0.97
    assert mixer._current[0, 2] == pytest.approx(1 - due, abs=0.015)
    for hop in (128, 1024, 256, 512) * 13:
        mixer.advance(hop / 44100)
    assert mixer._current[0, 2] == 0.0 and not mixer.moving
    mixer.set_gain("mix", "bass", 0.5, ramp=0.0)
    mixer.advance(128 / 44100)
    mixer.look(64 / 44100)
    assert mixer._current[0, 2] == pytest.approx(0.25)
    mixer.look(128 / 44100)
    assert mixer._current[0, 2] == 0.5
    for bad in (-1.0, float("nan"), 61.0):
        with pytest.raises(UserError, match="seconds"):
            mixer.set_gain("mix", "bass", 1.0, ramp=bad)


def test_the_fallback_of_all_buses_is_never_louder_than_the_loudest_fader():
    assert Mixer(STEMS, karaoke_bus(STEMS)).fallback().tolist() == [1.0]
    np.testing.assert_allclose(Mixer(STEMS).fallback(), 0.25)
    two = Mixer(STEMS, {"vocals": {"vocals": 1.0}, **karaoke_bus(STEMS)})
    np.testing.assert_allclose(two.fallback(), [0.25, 0.75])
    assert Mixer(STEMS, {"closed": {"vocals": 0.0}}).fallback().tolist() == [0.0]


@pytest.mark.parametrize("gain", [-0.1, 17.0, float("nan"), float("inf")])
def test_gains_out_of_range_are_refused(gain):
    with pytest.raises(UserError, match="fader"):
        Mixer(STEMS).set_gain("vocals", "vocals", gain)


def test_unknown_names_are_told_with_the_known_ones():
    with pytest.raises(UserError, match="vocals, drums, bass, other"):
        Mixer(STEMS).set_gain("vocals", "kazoo", 1.0)
    with pytest.raises(UserError, match="no bus"):
        Mixer(STEMS).set_gain("kazoo", "vocals", 1.0)
    with pytest.raises(UserError, match="bus"):
        Mixer(STEMS, {})


def test_a_whole_board_of_faders_ignores_what_is_not_finite():
    mixer = Mixer(STEMS)
    board = np.eye(4, dtype=np.float32) * 0.5
    board[0, 0], board[1, 1], board[2, 2] = np.nan, 99.0, -1.0
    mixer.set_gains(board)
    assert [mixer.gain(s, s) for s in STEMS] == [1.0, 16.0, 0.0, 0.5]
