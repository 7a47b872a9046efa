"""Spectrograms: the right band at the right time, whatever the block size, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
from fake_engine import music

from rtiass.spectrogram import BANDS, COLUMNS, SpectrogramMeter


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize("hertz", [200.0, 1000.0, 3000.0])
def test_a_tone_is_where_and_when_it_sounds(rate: int, hertz: float) -> None:
    time = np.arange(3 * rate) / rate
    tone = np.sin(2 * np.pi * hertz * time) * ((time >= 1) & (time < 2))
    meter = SpectrogramMeter(rate)
    meter.add(tone[:, None].astype(np.float32))
    result = meter.result()
    band = int(np.argmax(result.power.sum(axis=1)))
    assert result.frequencies[band] == pytest.approx(hertz, rel=0.06)
    sounding = np.flatnonzero(result.power[band] > 0.25 * result.power[band].max()) * result.column_seconds
    assert sounding[0] == pytest.approx(1.0, abs=0.06)
    assert sounding[-1] == pytest.approx(2.0, abs=0.06)


def test_block_size_does_not_matter() -> None:
    sound = music(50_000)
    results = []
    for size in (127, 1024, 50_000):
        meter = SpectrogramMeter(44100)
        for start in range(0, len(sound), size):
            meter.add(sound[start : start + size])
        results.append(meter.result())
    for result in results[1:]:
        np.testing.assert_array_equal(result.power, results[0].power)


def test_long_sounds_have_a_bounded_number_of_columns() -> None:
    rate = 1000
    meter = SpectrogramMeter(rate)
    for _ in range(10):
        meter.add(music(20_000, 1))
    result = meter.result()
    assert COLUMNS <= result.power.shape[1] <= 2 * COLUMNS
    assert result.power.shape[0] == BANDS
    assert result.power.shape[1] * result.column_seconds == pytest.approx(200.0, rel=0.01)


@pytest.mark.parametrize("samples", [1, 127, 16521])
def test_short_sounds_have_a_column(samples: int) -> None:
    meter = SpectrogramMeter(44100)
    meter.add(np.ones((samples, 1), np.float32))
    result = meter.result()
    assert result.power.shape[1] >= 1
    assert result.power.max() > 0
