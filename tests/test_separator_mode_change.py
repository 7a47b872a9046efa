"""A mode can be changed while playing: a cross-fade of the two delays and nothing else."""

from itertools import permutations

import numpy as np
import pytest
from fake_engine import STEMS, FakeSession, decibels, delayed, fake_bundle, music

from rtiass.separator import SWITCH_FADE, StreamingSeparator
from rtiass.stft import MODES

UNITY = {"all": dict.fromkeys(STEMS, 1.0)}


def expected(sound, call, old, new):
    """The documented output of a change from latency ``old`` to ``new`` called for at sample ``call``."""
    start = -(-max(1, call) // 1024) * 1024 + new
    at = np.clip(np.arange(len(sound)) - start + 0.5, 0, SWITCH_FADE)
    fade = (0.5 - 0.5 * np.cos(np.pi * at / SWITCH_FADE))[:, None]
    fade[start + SWITCH_FADE :] = 1.0
    fade[:start] = 0.0
    return (1 - fade) * delayed(sound, old) + fade * delayed(sound, new)


@pytest.mark.parametrize(("old", "new"), list(permutations(MODES, 2)))
def test_reconstruction_across_a_change(old, new):
    sound = music(26000)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=old, buses=UNITY)
    first = separator.process(sound[:7000])["all"].copy()
    separator.set_mode(new)
    assert separator.mode.name == old
    second = separator.process(sound[7000:])["all"]
    assert separator.mode.name == new and separator.latency_samples == MODES[new].window
    result = np.concatenate([first, second])
    wanted = expected(sound, 7000, MODES[old].window, MODES[new].window)
    assert decibels(result - wanted, sound) < -120


def test_a_steady_tone_keeps_its_steps_small_across_a_change():
    t = np.arange(40000) / 44100
    sound = (0.5 * np.sin(2 * np.pi * 220.5 * t))[:, None].repeat(2, 1).astype(np.float32)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="live", buses=UNITY)
    parts = [separator.process(sound[:10000])["all"].copy()]
    separator.set_mode("instant")
    parts.append(separator.process(sound[10000:])["all"].copy())
    result = np.concatenate(parts)[3000:, 0]
    assert np.abs(np.diff(result)).max() <= 1.05 * np.abs(np.diff(sound[:, 0])).max()


def test_of_several_waiting_changes_the_last_counts():
    sound = music(60000)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="live")
    separator.process(sound[:5000])
    for name in ("tight", "studio", "ultra"):
        separator.set_mode(name)
    separator.process(sound[5000:7000])
    separator.set_mode("instant")
    assert separator.switching
    separator.process(sound[7000:])
    assert separator.mode.name == "instant" and not separator.switching


def test_changing_to_the_same_mode_changes_nothing():
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="live")
    separator.set_mode("live")
    assert not separator.switching


@pytest.mark.parametrize("gate", ["strict"])
def test_a_change_with_a_lookahead_reconstructs(gate):
    sound = music(60000)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="live", buses=UNITY, gate=gate)
    first = separator.process(sound[:7000])["all"].copy()
    separator.set_mode("tight")
    result = np.concatenate([first, separator.process(sound[7000:])["all"]])
    assert decibels(result - expected(sound, 7000, 2048 + 10240, 1024 + 5120), sound) < -120
