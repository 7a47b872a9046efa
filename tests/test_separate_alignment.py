"""Stems are aligned with the song to the sample: a network that gives everything to one stem gives back the song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import MakeSong
from fake_engine import FixedSession, fake_bundle
from sound_files import lag, signal_to_noise

from rtiass.filejob import separate_song
from rtiass.pool import SeparatorPool, Settings
from rtiass.stft import MODES


@pytest.fixture
def _all_vocals(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = np.zeros((4, 2049), np.float32)
    masks[0] = 1.0
    monkeypatch.setattr("rtiass.pool.load_bundle", lambda name=None: fake_bundle())
    monkeypatch.setattr("rtiass.pool.choose", lambda name, bundle, threads=None: ("fixed", FixedSession(masks), ""))


@pytest.mark.usefixtures("_all_vocals")
@pytest.mark.parametrize("gate", ["fast", "strict", "off"])
@pytest.mark.parametrize("mode", list(MODES))
def test_at_the_models_rate_in_every_mode(make_song: MakeSong, tmp_path: Path, mode: str, gate: str) -> None:
    song, sound = make_song(samples=60_000)
    with SeparatorPool(Settings(mode=mode, gate=gate)) as pool:
        separate_song(song, tmp_path / "out", pool)
    vocals, _ = soundfile.read(tmp_path / "out" / "song" / "vocals.wav", dtype="float32")
    # Gates need a while to open; the strict one counts what comes before the start as silence.
    assert lag(vocals, sound) == 0
    assert signal_to_noise(vocals[30_000:], sound[30_000:]) > 100


@pytest.mark.usefixtures("_all_vocals")
@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000])
def test_at_other_rates(make_song: MakeSong, tmp_path: Path, rate: int, channels: int) -> None:
    song, sound = make_song(samples=rate, channels=channels, rate=rate)
    # Only what both rates can hold comes through the resamplers.
    spectrum = np.fft.rfft(sound, axis=0)
    spectrum[np.fft.rfftfreq(len(sound), 1 / rate) > 0.4 * min(rate, 44100)] = 0
    low = np.fft.irfft(spectrum, len(sound), axis=0)
    soundfile.write(song, low, rate, subtype="FLOAT")
    with SeparatorPool(Settings(gate="off")) as pool:
        separate_song(song, tmp_path / "out", pool)
    vocals, _ = soundfile.read(tmp_path / "out" / "song" / "vocals.wav", dtype="float32", always_2d=True)
    assert vocals.shape == low.shape
    middle = slice(rate // 4, -rate // 20)
    # A hundredth of a sample of misalignment would bring this below 50 dB.
    assert signal_to_noise(vocals[middle], low[middle].astype(np.float32)) > 80
