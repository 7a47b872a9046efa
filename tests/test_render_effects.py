"""Levels come out as asked, peaks stay below full scale, and stereo stays stereo."""

import numpy as np
import pytest

from offline_train.render import effects


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
        effects.shelf_eq(audio, rng),
        effects.compress(audio),
        effects.saturate(audio, 5.0),
        effects.amplifier(audio, 8.0, rng),
        effects.reverb(audio, rng, 0.5, 0.3),
        effects.echo(audio, 0.2, 0.4, 0.3),
        effects.widen(audio[:, 0], rng),
        effects.low_pass(audio, 900.0),
    ):
        assert out.shape == audio.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        assert np.abs(out).max() > 0


def test_equal_gains_leave_the_equaliser_neutral() -> None:
    audio = noise()
    out = effects.shelf_eq(audio, np.random.default_rng(0), 0.0)
    np.testing.assert_allclose(out, audio, atol=1e-6)
