"""All faders at unity is the delayed input, below -120 dB, in every mode, gate and number of channels."""

import pytest
from fake_engine import STEMS, FakeSession, decibels, delayed, fake_bundle, music

from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("gate", ["fast", "strict", "off"])
@pytest.mark.parametrize("mode", MODES)
def test_stems_sum_to_the_delayed_input(mode, gate, channels):
    sound = music(30000, channels)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode, gate=gate, channels=channels)
    stems = separator.process(sound)
    assert decibels(sum(stems.values()) - delayed(sound, separator.latency_samples), sound) < -120
    assert all(abs(stem).max() > 1e-3 for stem in stems.values())


@pytest.mark.parametrize("mode", MODES)
def test_a_bus_with_all_faders_at_unity_is_the_delayed_input(mode):
    sound = music(20000)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode, buses={"all": dict.fromkeys(STEMS, 1.0)})
    assert decibels(separator.process(sound)["all"] - delayed(sound, separator.latency_samples), sound) < -120


@pytest.mark.parametrize("period", [256, 512, 1024])
def test_slower_masks_reconstruct_too(period):
    sound = music(12000)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="instant", period=period)
    assert decibels(sum(separator.process(sound).values()) - delayed(sound, 256), sound) < -120
