"""Levels come out as asked, peaks stay below full scale, and stereo stays stereo."""

import sys

import numpy as np
import pytest

from offline_train.render import chains, effects, rooms
from rtiass.errors import UserError


def noise(seconds: float = 1.0) -> np.ndarray:
    return (0.01 * np.random.default_rng(0).standard_normal(int(44100 * seconds))).astype(np.float32)


def test_active_parts_reach_the_level() -> None:
    audio = np.concatenate([noise(), np.zeros(44100, np.float32)])
    out = effects.normalise(audio, -20.0)
    level = 10 * np.log10(np.square(out[:44100]).mean())
    assert abs(level + 20) < 0.3
    assert not out[44100:].any()


def test_peaks_are_bent_below_the_ceiling() -> None:
    audio = noise()
    audio[1000] = 3.0
    out = effects.normalise(audio, -20.0)
    assert np.abs(out).max() <= 0.98
    assert np.isfinite(out).all()


def test_silence_stays_silence() -> None:
    assert not effects.normalise(np.zeros((44100, 2), np.float32)).any()


@pytest.mark.parametrize("seed", range(3))
def test_effects_keep_length_and_are_finite(seed: int) -> None:
    rng = np.random.default_rng(seed)
    audio = effects.stereo(noise(), 0.3)
    for out in (
        effects.equalise(audio, rng),
        effects.compress(audio),
        effects.limit(audio, 6.0),
        effects.saturate(audio, 5.0),
        effects.echo(audio, 0.2, 0.4, 0.3),
        effects.widen(audio[:, 0], rng),
        effects.low_pass(audio, 900.0),
        effects.high_pass(audio, 900.0),
        rooms.room(audio, rng, 0.5, 0.3),
        rooms.hall(audio, rng, 0.2),
        rooms.amplifier(audio, 12.0, rng),
        rooms.amplifier(audio, 2.0, rng, bass=True),
        chains.vocal(audio[:, 0], rng),
        chains.drum_bus(audio, rng, True),
    ):
        assert out.shape == audio.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        assert np.abs(out).max() > 0


def test_equal_gains_leave_the_equaliser_neutral() -> None:
    audio = noise()
    out = effects.equalise(audio, np.random.default_rng(0), 0.0)
    np.testing.assert_allclose(out, audio, atol=1e-6)


def test_compression_keeps_loudness_and_evens_out() -> None:
    audio = np.concatenate([noise(2.0), 8 * noise(2.0), noise(2.0), 2 * noise(2.0)])
    out = effects.compress(audio, 6.0)
    assert abs(effects.loudness_db(out) - effects.loudness_db(audio)) < 0.2
    before = np.std(audio[88200:176400]) / np.std(audio[:88200])
    assert np.std(out[88200:176400]) / np.std(out[:88200]) < 0.8 * before


def test_limited_peaks_stay_below_full_scale() -> None:
    assert np.abs(effects.limit(noise() * 30, 12.0)).max() <= 1.0


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pedalboard", None)
    effects.library.cache_clear()
    with pytest.raises(UserError, match="render"):
        effects.library()
    effects.library.cache_clear()
