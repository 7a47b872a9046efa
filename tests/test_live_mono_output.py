"""Outputs of one channel: a device that has no more, or a channel named twice, plays both sides at half their level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rtiass.live import device as devices
from rtiass.live import rig
from rtiass.live.audioloop import route_table
from rtiass.live.device import Device, DeviceError
from rtiass.live.options import LiveOptions, Route
from rtiass.live.ring import AudioBlock


def heard(routes: tuple[tuple[int, ...], ...], outputs: int) -> np.ndarray:
    block = AudioBlock(0, outputs)
    sound = np.full((1, 4, 2), 0.5, np.float32)
    peaks = np.zeros(outputs, np.float32)
    block.write_output(0, sound, *route_table(routes), peaks)
    return peaks


@pytest.mark.parametrize("channels", [(0,), (0, 0)])
def test_level(channels: tuple[int, ...]) -> None:
    np.testing.assert_allclose(heard((channels,), 2), [0.5, 0.0])


def test_two_channels_keep_theirs() -> None:
    np.testing.assert_allclose(heard(((0, 1),), 2), [0.5, 0.5])


def test_default_outputs_fit_a_device_of_one_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = Device(0, "speaker", "x", 1, 1, 44100.0)
    asked: list[Any] = []
    monkeypatch.setattr(devices, "portaudio", lambda: None)
    monkeypatch.setattr(devices, "find", lambda sd, wanted, kind: speaker)
    monkeypatch.setattr(devices, "choose_rate", lambda sd, model, rate, output, wanted: asked.append(wanted) or 44100)
    found = rig.find_devices(LiveOptions(input_channels=(1,)))
    assert found.channels == (1, 1)
    assert asked[0]["output"]["channels"] == 1
    with pytest.raises(DeviceError, match="channel 2"):
        rig.find_devices(LiveOptions(input_channels=(1,), routes=(Route("mix", (1, 2)),)))
