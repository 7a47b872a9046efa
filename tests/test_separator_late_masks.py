"""Late is never silent: masks are held, counted and aged, the policy fades in, and recovery fades back."""

import numpy as np
import pytest
from fake_engine import STEMS, FixedSession, decibels, delayed, fake_bundle, music

from rtiass.errors import UserError
from rtiass.masks import MaskProducer, SyncMaskSource
from rtiass.mixer import karaoke_bus
from rtiass.policy import POLICIES
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES

HOP = 1024


class Stalling(SyncMaskSource):
    """Gives no new masks for ticks of a range."""

    def __init__(self, stall, masks=None):
        super().__init__(MaskProducer(FixedSession(masks), STEMS, {}, gate="off"))
        self.stall = stall

    def submit(self, magnitude, tick, period):
        if tick not in self.stall:
            super().submit(magnitude, tick, period)


def vocals_everywhere():
    masks = np.zeros((4, 2049), np.float32)
    masks[0] = 0.5
    masks[3] = 0.5
    return masks


def run(policy, stall=range(30, 60), sound=None, buses=None, hops=100):
    source = Stalling(stall, vocals_everywhere())
    separator = StreamingSeparator(fake_bundle(), source, buses=buses or karaoke_bus(STEMS))
    separator.policy = policy
    sound = music(hops * HOP) if sound is None else sound
    ages, parts = [], []
    for start in range(0, len(sound), HOP):
        parts.append(np.stack(list(separator.process(sound[start : start + HOP]).values())))
        ages.append(separator.mask_age)
    return separator, sound, np.concatenate(parts, axis=1), ages


def test_late_masks_are_counted_and_aged():
    separator, _, _, ages = run("hold")
    assert separator.late_masks == 30
    assert ages[29] == 0 and ages[30:60] == [HOP * n for n in range(1, 31)] and not any(ages[60:])


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_heard(policy):
    _, sound, out, _ = run(policy)
    dry = delayed(sound, 2048)
    held = slice(20 * HOP, 32 * HOP)
    stale = slice(48 * HOP, 60 * HOP)
    recovered = slice(66 * HOP, 100 * HOP)
    np.testing.assert_allclose(out[0][held], dry[held] / 2, atol=1e-5)
    np.testing.assert_allclose(out[0][recovered], dry[recovered] / 2, atol=1e-5)
    side = (dry - dry[:, ::-1]) / 2
    wanted = {"hold": dry / 2, "mix": dry, "instrumental": side, "mute": 0 * dry}[policy]
    np.testing.assert_allclose(out[0][stale], wanted[stale], atol=1e-5)


@pytest.mark.parametrize("policy", ["hold", "mix", "instrumental"])
def test_never_silent_even_for_mono_recordings(policy):
    t = np.arange(100 * HOP) / 44100
    sound = (0.3 * np.sin(2 * np.pi * 440 * t))[:, None].repeat(2, 1).astype(np.float32)
    _, _, out, _ = run(policy, sound=sound)
    level = np.sqrt((out[0][4096:].reshape(-1, 512, 2) ** 2).mean(axis=(1, 2)))
    assert level.min() > 0.1


def test_fades_have_no_steps():
    t = np.arange(100 * HOP) / 44100
    sound = (0.3 * np.sin(2 * np.pi * 441 * t))[:, None].repeat(2, 1).astype(np.float32)
    _, _, out, _ = run("mute", sound=sound)
    assert np.abs(np.diff(out[0][:, 0])).max() <= 1.05 * np.abs(np.diff(sound[:, 0])).max()


@pytest.mark.parametrize("policy", ["mix", "instrumental"])
def test_stem_buses_share_the_dry_signal(policy):
    _, sound, out, _ = run(policy, buses={s: {s: 1.0} for s in STEMS})
    dry = delayed(sound, 2048)
    wanted = dry if policy == "mix" else (dry - dry[:, ::-1]) / 2
    stale = slice(48 * HOP, 60 * HOP)
    np.testing.assert_allclose(out.sum(axis=0)[stale], wanted[stale], atol=1e-5)


def test_a_policy_changed_while_it_is_heard_takes_over():
    source = Stalling(range(20, 200))
    separator = StreamingSeparator(fake_bundle(), source, buses=karaoke_bus(STEMS))
    separator.policy = "mute"
    sound = music(120 * HOP)
    separator.process(sound[: 60 * HOP])
    separator.policy = "mix"
    out = separator.process(sound[60 * HOP :])["karaoke"]
    assert decibels(out[20 * HOP :] - delayed(sound, 2048)[80 * HOP :], sound) < -100


@pytest.mark.parametrize("mode", MODES)
def test_bypass_is_the_delayed_input_and_comes_back(mode):
    sound = music(60000)
    separator = StreamingSeparator(
        fake_bundle(), FixedSession(vocals_everywhere()), mode=mode, buses=karaoke_bus(STEMS), gate="off"
    )
    dry = delayed(sound, separator.latency_samples)
    separator.process(sound[:10000])
    separator.bypass = True
    out = separator.process(sound[10000:40000])["karaoke"].copy()
    np.testing.assert_allclose(out[12000:], dry[22000:40000], atol=1e-5)
    separator.bypass = False
    out = separator.process(sound[40000:])["karaoke"]
    np.testing.assert_allclose(out[12000:], dry[52000:] / 2, atol=1e-5)


def test_unknown_policies_are_told():
    separator = StreamingSeparator(fake_bundle(), FixedSession())
    with pytest.raises(UserError, match="hold, mix"):
        separator.policy = "scream"
