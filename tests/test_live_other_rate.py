"""A device at another rate than the model's: the latency stays what is reported, and the sound stays what it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from jack_server import make_rig  # noqa: F401 - a fixture

pytestmark = pytest.mark.jack


def test_device_at_48_khz(make_rig: Any) -> None:  # noqa: F811
    rig = make_rig(block=256, rate=48000)
    host = rig.host(mode="tight")
    latency = host.latency()
    assert host.state.get("device_rate") == 48000
    assert latency["host_samples"] == pytest.approx(host.state.get("prefill") + 1024 * 48000 / 44100)
    assert latency["host"] < 40
    # A sweep up to 15 kHz that starts with a step; the filters would ring at a harder beginning.
    t = np.arange(60000) / 48000
    tone = 0.5 * np.sin(2 * np.pi * (100 * t + 7450 * t * t / 1.25 / 1.6)) * np.minimum(1, t * 200)
    sound = np.stack([tone, -0.5 * tone], axis=1).astype(np.float32)
    sound[0] = 1e-3
    heard = rig.play(sound)[: len(sound) + 6000]
    # The delay by the phase of the cross-spectrum, to a small part of a sample.
    size = 1 << 17
    x, y = (np.fft.rfft(v[:, 0], size) for v in (sound, heard))
    whole = round(latency["host_samples"])
    cross = y * x.conj() * np.exp(2j * np.pi * np.arange(len(x)) * whole / size)
    band = slice(int(200 * size / 48000), int(8000 * size / 48000))
    slope = np.angle(cross[band]) / (2 * np.pi * np.arange(band.start, band.stop) / size)
    rest = -float(np.average(slope, weights=np.abs(cross[band])))
    assert whole + rest == pytest.approx(latency["host_samples"], abs=0.05)
    # And nothing but delay: put back by the exact, broken delay it is the input again.
    shift = np.exp(2j * np.pi * np.arange(len(x)) * latency["host_samples"] / size)
    for side in range(2):
        back = np.fft.irfft(np.fft.rfft(heard[:, side], size) * shift, size)[: len(sound)]
        assert np.abs(back - sound[:, side])[2000:-2000].max() < 2e-3
