"""Figures of merit on signals whose answer is known."""

import math

import numpy as np
import pytest

from offline_train.evaluation import score

RATE = 44100


def noise(seconds=3, seed=0):
    return np.random.default_rng(seed).standard_normal((2, seconds * RATE)).astype(np.float32) * 0.1


def test_half_the_amplitude_is_six_decibels():
    s = noise()
    assert score.sdr(s, 0.5 * s) == pytest.approx(6.02, abs=0.01)
    assert score.usdr(s, 0.5 * s) == pytest.approx(6.02, abs=0.01)
    np.testing.assert_allclose(score.windowed_sdr(s, 0.5 * s), 6.0206, atol=1e-3)


def test_silence_as_estimate_is_zero():
    assert score.sdr(noise(), np.zeros_like(noise())) == pytest.approx(0.0)


def test_whole_song_sdr_of_a_perfect_estimate_is_bounded_by_its_epsilon():
    s = noise(1)
    energy = float(np.square(s, dtype=np.float64).sum())
    assert score.usdr(s, s) == pytest.approx(10 * math.log10((energy + 1e-7) / 1e-7))


def test_silent_windows_are_undefined():
    s = noise()
    s[:, RATE : 2 * RATE] = 0.0
    np.testing.assert_array_equal(np.isnan(score.windowed_sdr(s, 0.9 * s)), [False, True, False])
    assert math.isnan(score.sdr(np.zeros_like(s), s)) and math.isnan(score.usdr(np.zeros_like(s), s))


def test_scale_does_not_matter_to_si_sdr():
    s, other = noise(), noise(seed=1)
    value = score.si_sdr(s, s + 0.1 * other)
    assert value == pytest.approx(20.0, abs=0.1)
    assert score.si_sdr(s, 0.2 * (s + 0.1 * other)) == pytest.approx(value, abs=1e-3)
    np.testing.assert_allclose(score.windowed_si_sdr(s, 3 * (s + 0.1 * other)), 20.0, atol=0.2)


def test_si_sdr_of_nothing_is_the_floor_in_windows_and_undefined_for_a_song():
    s = noise()
    estimate = s.copy()
    estimate[:, :RATE] = 0.0
    assert score.windowed_si_sdr(s, 0.9 * estimate)[0] == score.FLOOR
    assert math.isnan(score.si_sdr(s, 0 * s))


def test_predicted_energy_at_silence_is_that_of_the_silent_windows():
    s, estimate = noise(), noise(seed=1)
    s[:, RATE:] = 0.0
    estimate[:, 2 * RATE :] = 0.0
    values = score.pes(s, estimate)
    assert math.isnan(values[0])
    energy = float(np.square(estimate[:, RATE : 2 * RATE], dtype=np.float64).sum())
    assert values[1] == pytest.approx(10 * math.log10(energy))
    assert values[2] == pytest.approx(-120.0)
    np.testing.assert_array_equal(score.eps(s, estimate), score.pes(estimate, s))


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


def test_seconds_are_medians_of_their_values():
    positions = np.array([0, 20000, 44099, 44100, 88199, 88200])
    values = np.array([0.1, 0.9, 0.2, 0.4, 0.8, 1.0])
    np.testing.assert_allclose(score.by_second(values, positions, 2 * RATE + 100), [0.2, 0.6])
    assert np.isnan(score.by_second(values, positions, 4 * RATE)[3])


def test_levels():
    voice, rest = noise(), noise(seed=1)
    assert score.level(voice, 0.1 * voice) == pytest.approx(-20.0, abs=1e-3)
    assert score.projected_level(voice, 0.1 * voice + rest) == pytest.approx(-20.0, abs=1.0)
    assert math.isnan(score.level(0 * voice, voice))
