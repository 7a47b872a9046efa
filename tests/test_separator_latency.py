"""An impulse arrives after exactly `latency_samples`, and flush gives the rest."""

import numpy as np
import pytest
from fake_engine import FakeSession, FixedSession, fake_bundle, music

from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES


@pytest.mark.parametrize("gate", ["fast", "strict"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("at", [0, 777, 5000])
def test_impulse(mode, gate, at):
    separator = StreamingSeparator(fake_bundle(), FixedSession(), mode=mode, gate=gate)
    sound = np.zeros((at + separator.latency_samples + 3000, 2), np.float32)
    sound[at] = 1.0
    total = sum(separator.process(sound).values())
    assert np.abs(total).argmax() // 2 == at + separator.latency_samples
    assert np.abs(total[at + separator.latency_samples] - 1).max() < 1e-5


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda m: m.name)
def test_latency_is_the_window(mode):
    assert StreamingSeparator(fake_bundle(), FixedSession(), mode=mode.name).latency_samples == mode.window


def test_lookahead_of_model_and_gate_add_whole_periods():
    separator = StreamingSeparator(fake_bundle(lookahead=3), FixedSession(), mode="tight", gate="strict")
    assert separator.latency_samples == 1024 + (3 + 10) * 512


@pytest.mark.parametrize("length", [0, 1, 127, 16521])
def test_flush_gives_the_rest(length):
    sound = music(max(1, length))[:length]
    separator = StreamingSeparator(fake_bundle(), FakeSession())
    stems = [separator.process(sound), separator.flush()]
    total = np.concatenate([sum(s.values()) for s in stems])
    assert total.shape == (length + 2048, 2)
    np.testing.assert_allclose(total[2048:], sound, atol=1e-6)
