"""Whatever comes in, finite samples go out, and the states recover."""

import numpy as np
import pytest
from fake_engine import FakeSession, FixedSession, decibels, delayed, fake_bundle, music

from rtiass.errors import UserError
from rtiass.separator import StreamingSeparator
from rtiass.stft import FRAME, MODES


def square(n):
    return np.where(np.arange(n) // 50 % 2, 1.0, -1.0)[:, None].repeat(2, 1)


BAD = {
    "nan": lambda n: np.full((n, 2), np.nan),
    "inf": lambda n: np.full((n, 2), np.inf),
    "minus inf": lambda n: np.full((n, 2), -np.inf),
    "denormals": lambda n: np.full((n, 2), 1e-42),
    "huge": lambda n: np.full((n, 2), 3e38),
    "square": square,
    "mixed": lambda n: np.where(np.arange(2 * n).reshape(n, 2) % 7 == 0, np.nan, square(n)),
}


@pytest.mark.parametrize("mode", ["studio", "live", "instant"])
@pytest.mark.parametrize("kind", BAD)
def test_finite_out_and_recovery(mode, kind):
    sound = music(20000)
    sound[5000:8000] = BAD[kind](3000).astype(np.float32)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode)
    stems = np.stack(list(separator.process(sound).values()))
    assert np.isfinite(stems).all()
    # The sum is the input again once the last bad sample has left the frame.
    clean = 8000 + FRAME + separator.latency_samples
    expected = delayed(np.nan_to_num(sound, posinf=0, neginf=0), separator.latency_samples)
    assert decibels(stems.sum(axis=0)[clean:] - expected[clean:], expected[clean:]) < -120


@pytest.mark.parametrize("mode", MODES)
def test_silence_in_silence_out(mode):
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode)
    stems = separator.process(np.zeros((9000, 2), np.float32))
    assert not any(stem.any() for stem in stems.values())


def test_a_network_that_returns_nan_is_reset_held_and_counted():
    class Broken(FixedSession):
        resets = 0

        def step(self, magnitude):
            masks, activity = super().step(magnitude)
            return (masks * np.nan, activity) if 10 <= self.steps < 13 else (masks, activity)

        def reset(self):
            self.resets += 1

    session = Broken()
    separator = StreamingSeparator(fake_bundle(), session)
    resets = session.resets
    sound = music(30000)
    stems = separator.process(sound)
    assert session.resets == resets + 3
    assert separator.late_masks == 3
    assert decibels(sum(stems.values()) - delayed(sound, 2048), sound) < -120
    quarter = stems["vocals"][20000:]
    np.testing.assert_allclose(quarter, delayed(sound, 2048)[20000:] / 4, atol=1e-6)


@pytest.mark.parametrize("shape", [(10, 3), (10, 1), (2, 10, 2), ()])
def test_wrong_shapes_are_told(shape):
    with pytest.raises(UserError, match="shape"):
        StreamingSeparator(fake_bundle(), FakeSession()).process(np.zeros(shape, np.float32))


def test_mono_takes_a_flat_block():
    separator = StreamingSeparator(fake_bundle(), FakeSession(), channels=1)
    assert separator.process(np.zeros(100, np.float32))["vocals"].shape == (100, 1)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"mode": "slow"}, "studio, live"),
        ({"channels": 3}, "channels"),
        ({"mask_delay": -1}, "delay"),
        ({"period": 300}, "period"),
        ({"mode": "live", "period": 512}, "period"),
        ({"period": 2048}, "period"),
    ],
)
def test_wrong_settings_are_told(options, word):
    with pytest.raises(UserError, match=word):
        StreamingSeparator(fake_bundle(), FakeSession(), **options)
