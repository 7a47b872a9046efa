"""The streaming Wiener filter: exact, causal, and better where sources come from different places."""

import numpy as np
import pytest

from offline_train.wiener import StreamingWiener, wiener


def scene(seed=0, frames=120, bins=40, places=(0.2, 1.3)):
    """Sources at fixed places, (sources, 2, frames, bins), and rough estimates of them with the mixture's phase."""
    rng = np.random.default_rng(seed)
    shape = (len(places), frames, bins)
    power = np.exp(rng.normal(0, 1.5, shape))
    values = np.sqrt(power) * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    steer = np.array([[np.cos(place), np.sin(place)] for place in places])
    true = (steer[:, :, None, None] * values[:, None]).astype(np.complex64)
    mixture = true.sum(axis=0)
    # Masks of the magnitudes with an error of some decibels.
    guess = np.sqrt(power) * np.exp(rng.normal(0, 0.4, shape))
    masks = guess / guess.sum(axis=0)
    return true, (masks[:, None] * mixture).astype(np.complex64), mixture


def error(true, found):
    return 10 * np.log10(np.square(np.abs(true)).sum() / np.square(np.abs(true - found)).sum())


@pytest.mark.parametrize("sources", [2, 4])
def test_the_estimates_add_up_to_the_mixture(sources):
    _, images, mixture = scene(1, places=np.linspace(0.1, 1.4, sources))
    found = wiener(images, mixture)
    np.testing.assert_allclose(found.sum(axis=0), mixture, atol=1e-4 * np.abs(mixture).max())


def test_also_where_the_estimates_do_not():
    _, images, mixture = scene(2)
    found = wiener(np.float32(0.3) * images, mixture)
    np.testing.assert_allclose(found.sum(axis=0), mixture, atol=1e-4 * np.abs(mixture).max())


def test_silence_and_one_silent_source():
    _, images, mixture = scene(3)
    images[1] = 0.0
    images[:, :, 50:] = 0.0
    mixture[:, 50:] = 0.0
    found = wiener(images, mixture)
    assert np.isfinite(found).all() and not found[:, :, 50:].any()
    np.testing.assert_allclose(found.sum(axis=0), mixture, atol=1e-4 * np.abs(mixture).max())


def test_it_tells_places_apart():
    true, images, mixture = scene(4)
    assert error(true, wiener(images, mixture)[..., :]) > error(true, images) + 3.0


def test_no_frame_depends_on_a_later_one():
    _, images, mixture = scene(5)
    whole = wiener(images, mixture)
    np.testing.assert_array_equal(whole[:, :, :60], wiener(images[:, :, :60], mixture[:, :60]))


def test_frame_by_frame_is_the_whole_song_and_reset_begins_anew():
    _, images, mixture = scene(6, frames=10)
    filtering = StreamingWiener(2, mixture.shape[-1])
    for _ in range(2):
        stepped = np.stack([filtering.step(images[:, :, t], mixture[:, t]) for t in range(10)], axis=2)
        np.testing.assert_array_equal(stepped, wiener(images, mixture))
        filtering.reset()


def test_the_same_place_leaves_a_ratio_of_powers():
    """With one spatial covariance for all, v_j R (sum v_k R)^-1 is v_j / sum v_k."""
    _, images, mixture = scene(7, places=(0.6, 0.6))
    found = wiener(images, mixture, floor=1e-6)
    power = np.square(np.abs(images)).mean(axis=1)
    ratio = (power / power.sum(axis=0))[:, None] * mixture
    np.testing.assert_allclose(found, ratio, atol=2e-3 * np.abs(mixture).max())
