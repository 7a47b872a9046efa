"""Chopped recordings: only in the bars that are asked for, without clicks at the cuts."""

import numpy as np
import pytest

from offline_train.render import chops
from offline_train.render.beats import MINOR, Piece, Section

RATE = 44100
PIECE = Piece("house", 120.0, 0.0, 0, MINOR, (0,), (Section(0, 8, frozenset({"voice"})),), 16.0)


def phrases() -> np.ndarray:
    t = np.arange(12 * RATE) / RATE
    on = (t % 1.5) < 0.7
    tone = 0.3 * np.sin(2 * np.pi * 220 * t) * on
    return np.stack([tone, tone], axis=1).astype(np.float32)


def test_phrases_begin_after_pauses() -> None:
    found = np.array(chops.onsets(phrases())) / RATE
    np.testing.assert_allclose(found, np.arange(8) * 1.5, atol=0.011)


@pytest.mark.parametrize("seed", range(12))
def test_phrases_sound_in_the_wanted_bars_alone(seed: int) -> None:
    wanted = [1, 2, 5]
    out = chops.arranged(phrases(), PIECE, wanted, np.random.default_rng(seed))
    assert out.shape == (16 * RATE, 2)
    loud = [bar for bar in range(8) if np.abs(out[bar * 2 * RATE : (bar + 1) * 2 * RATE]).max() > 0.01]
    assert loud and set(loud) <= set(wanted)
    # A sine of 220 Hz moves by 0.0094 a sample; a cut that clicks moves by up to 0.3.
    assert np.abs(np.diff(out, axis=0)).max() < 0.02


def test_a_recording_is_let_through_in_the_wanted_bars() -> None:
    out = chops.gated(phrases(), PIECE, [2])
    inside, before = out[4 * RATE + 1000 : 6 * RATE - 1000], out[: 4 * RATE - 1000]
    np.testing.assert_allclose(inside, phrases()[4 * RATE + 1000 : 6 * RATE - 1000], atol=1e-6)
    assert np.abs(before).max() == 0


def test_silence_has_no_phrases() -> None:
    silence = np.zeros((RATE, 2), np.float32)
    assert chops.onsets(silence) == []
    assert not chops.arranged(silence, PIECE, [0], np.random.default_rng(0)).any()


def test_a_cloud_fills_its_time() -> None:
    out = chops.cloud(phrases(), 5 * RATE, 30.0, np.random.default_rng(1))
    assert out.shape == (5 * RATE, 2)
    assert all(np.abs(out[i * RATE : (i + 1) * RATE]).max() > 0.01 for i in range(5))
