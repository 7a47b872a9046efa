"""The streaming resampler: no shift in time, no difference between ways of cutting, and the delay that it tells."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rtiass.errors import UserError
from rtiass.live.resample import Resampler

MOST = 100_000
RATES = [48000, 96000, 32000, 16000]


def run(resampler: Resampler, sound: NDArray[np.float32], cuts: list[int]) -> NDArray[np.float32]:
    parts = []
    for part in np.split(sound, np.cumsum(cuts)):
        wanted = resampler.count(len(part))
        assert wanted <= resampler.most(len(part))
        out = np.zeros((wanted, 2), np.float32)
        assert resampler.process(part, out) == wanted
        parts.append(out)
    return np.concatenate(parts)


def tone(rate: int, hertz: float, count: int) -> NDArray[np.float32]:
    t = np.arange(count) / rate
    return np.stack([np.sin(2 * np.pi * hertz * t), np.cos(2 * np.pi * hertz * t)], axis=1).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
def test_there_and_back_without_a_shift(rate: int) -> None:
    sound = tone(rate, 1000, rate // 2)
    there = run(Resampler(rate, 44100, MOST), sound, [])
    back = run(Resampler(44100, rate, MOST), there, [])
    inside = slice(1000, len(back))
    assert len(back) > len(sound) - rate // 40
    assert np.abs(back[inside] - sound[inside]).max() < 1e-4
    np.testing.assert_allclose(there[1000:], tone(44100, 1000, len(there))[1000:], atol=1e-4)


@pytest.mark.parametrize("rate", RATES)
def test_cutting_makes_no_difference(rate: int) -> None:
    rng = np.random.default_rng(4)
    sound = rng.standard_normal((9000, 2)).astype(np.float32)
    whole = run(Resampler(rate, 44100, 9000), sound, [])
    cut = run(Resampler(rate, 44100, 9000), sound, [1, 0, 127, 128, 3000, 1, 2000])
    np.testing.assert_array_equal(cut, whole)


def test_clear_is_a_new_beginning() -> None:
    sound = np.random.default_rng(4).standard_normal((3000, 2)).astype(np.float32)
    resampler = Resampler(48000, 44100, 3000)
    first = run(resampler, sound, [500])
    resampler.clear()
    np.testing.assert_array_equal(run(resampler, sound, []), first)


def test_what_is_above_the_lower_rate_is_gone() -> None:
    out = run(Resampler(96000, 44100, 96000), tone(96000, 30000, 48000), [])
    assert np.abs(out[500:]).max() < 1e-3


def test_odd_rates_are_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match="--rate"):
        Resampler(44101, 44100 * 1009, 100)
