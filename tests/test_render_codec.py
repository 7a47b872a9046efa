"""The lossy codec ends the band and shifts nothing."""

import numpy as np

from offline_train.render import effects


def test_no_delay_and_a_lower_edge() -> None:
    rng = np.random.default_rng(0)
    audio = effects.stereo((0.1 * rng.standard_normal(44100 * 3)).astype(np.float32))
    out = effects.codec(audio, 8.0)
    assert out.shape == audio.shape
    a, b = audio[22050:110250, 0], out[22050:110250, 0]
    lag = np.argmax(np.fft.irfft(np.fft.rfft(b) * np.conj(np.fft.rfft(a))))
    assert lag == 0
    spectrum = np.abs(np.fft.rfft(b)) / np.abs(np.fft.rfft(a)).mean()
    bins = np.fft.rfftfreq(len(b), 1 / 44100)
    assert spectrum[bins > 18000].mean() < 0.05 < 0.5 < spectrum[bins < 8000].mean()
    assert abs(np.abs(out).max() / np.abs(audio).max() - 1) < 0.5
