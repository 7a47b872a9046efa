"""The activity of a song: one row a network period, aligned with the sound, within its length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_engine import STEMS, FakeSession, fake_bundle
from numpy.typing import NDArray

from rtiass.filejob import separate_song
from rtiass.plot import read_activity
from rtiass.pool import SeparatorPool, Settings

ONSET = 1.0


class LoudSession(FakeSession):
    """Active where the newest frame has sound."""

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        masks, activity = super().step(magnitude)
        activity[:] = 0.9 if magnitude.max() > 1.0 else 0.1
        return masks, activity


@pytest.fixture
def song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("rtiass.pool.load_bundle", lambda name=None: fake_bundle())
    monkeypatch.setattr("rtiass.pool.choose", lambda name, bundle, threads=None: ("loud", LoudSession(), ""))
    time = np.arange(2 * 44100) / 44100
    path = tmp_path / "song.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440 * time) * (time >= ONSET), 44100)
    return path


@pytest.mark.parametrize("gate", ["fast", "strict"])
@pytest.mark.parametrize("mode", ["studio", "live", "instant"])
def test_activity_tells_when(song: Path, tmp_path: Path, mode: str, gate: str) -> None:
    with SeparatorPool(Settings(mode=mode, gate=gate)) as pool:
        result = separate_song(song, tmp_path / "out", pool, activity=True)
        period = pool.take(1, ["vocals"])[0].mode.period / 44100
    activity = result.activity
    assert activity.stems == STEMS
    assert len(activity.times) == pytest.approx(2.0 / period, abs=3)
    assert np.all(np.diff(activity.times[2:]) > 0)
    assert 0 <= activity.times[0] <= activity.times[-1] < 2.0
    heard = activity.times[activity.probabilities[:, 0] > 0.5]
    assert heard[0] == pytest.approx(ONSET, abs=0.06)
    opened = activity.times[activity.weights[:, 0] > 0.5]
    # The strict gate looks ahead and its rows are moved back: it opens on time. The fast one takes two frames.
    assert opened[0] == pytest.approx(ONSET, abs=0.06)
    assert np.all(activity.weights[:, -1] == 1.0)
    table = read_activity(tmp_path / "out" / "song" / "activity.csv")
    assert table.stems == activity.stems
    np.testing.assert_allclose(table.times, activity.times, atol=1e-4)
    np.testing.assert_allclose(table.probabilities, activity.probabilities, atol=1e-4)
    np.testing.assert_allclose(table.weights, activity.weights, atol=1e-4)
