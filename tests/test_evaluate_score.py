"""Figures of merit on signals whose answer is known."""

import math

import numpy as np
import pytest

from offline_train import score

RATE = 44100


def noise(seconds=3, seed=0):
    return np.random.default_rng(seed).standard_normal((2, seconds * RATE)).astype(np.float32) * 0.1


def test_half_the_amplitude_is_six_decibels():
    s = noise()
    assert score.sdr(s, 0.5 * s) == pytest.approx(6.02, abs=0.01)
    np.testing.assert_allclose(score.windowed_sdr(s, 0.5 * s), 6.0206, atol=1e-3)


def test_silence_as_estimate_is_zero():
    assert score.sdr(noise(), np.zeros_like(noise())) == pytest.approx(0.0)


def test_silent_windows_are_dropped():
    s = noise()
    s[:, RATE : 2 * RATE] = 0.0
    assert len(score.windowed_sdr(s, 0.9 * s)) == 2
    assert math.isnan(score.sdr(np.zeros_like(s), s))


def test_energy_where_the_target_is_silent():
    s, mixture = noise(), noise(seed=1)
    s[:, RATE:] = 0.0
    assert score.silence_energy(s, 0.1 * mixture, mixture) == pytest.approx(-20.0, abs=1e-3)
    assert math.isnan(score.silence_energy(noise(), mixture, mixture))


def test_area_under_the_curve():
    labels = np.array([False, False, True, True])
    assert score.auc(labels, np.array([0.1, 0.2, 0.3, 0.4])) == 1.0
    assert score.auc(labels, np.array([0.4, 0.3, 0.2, 0.1])) == 0.0
    assert score.auc(labels, np.zeros(4)) == 0.5
    assert score.auc(labels, np.array([0.1, 0.3, 0.2, 0.4])) == 0.75
    assert math.isnan(score.auc(np.ones(4, bool), np.zeros(4)))


def test_f1():
    labels = np.array([True, True, False, False])
    assert score.f1(labels, np.array([True, False, True, False])) == 0.5
    assert math.isnan(score.f1(np.zeros(4, bool), labels))


def test_levels():
    voice, rest = noise(), noise(seed=1)
    assert score.level(voice, 0.1 * voice) == pytest.approx(-20.0, abs=1e-3)
    assert score.projected_level(voice, 0.1 * voice + rest) == pytest.approx(-20.0, abs=1.0)
    assert math.isnan(score.level(0 * voice, voice))
