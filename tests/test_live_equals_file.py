"""What is heard live is what the file job writes: sample by sample, on every bus, at every rate of blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle, music
from jack_server import make_rig  # noqa: F401 - a fixture

from rtiass.live.options import Route
from rtiass.separator import StreamingSeparator

pytestmark = pytest.mark.jack

STEMS = ("vocals", "drums", "bass", "other")


@pytest.mark.parametrize(("mode", "block", "delay"), [("live", 512, 0), ("ultra", 128, 0), ("tight", 256, 1)])
def test_live_is_the_file_job(make_rig: Any, mode: str, block: int, delay: int) -> None:  # noqa: F811
    rig = make_rig(block=block)
    routes = tuple(Route(stem, (2 * i + 1, 2 * i + 2)) for i, stem in enumerate(STEMS))
    host = rig.host(mode=mode, routes=routes, mask_delay=delay)
    sound = music(60000, seed=3)
    sound[0] = 0.5
    heard = rig.play(sound, outputs=8)
    # Silence went in until the sound began: hops and the network's memory are aligned with that.
    begun = int(host.state.get("captured"))
    best = None
    for lead in range(0, 1024, block):
        separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode, mask_delay=delay)
        before = np.zeros((8192 + lead, 2), np.float32)
        separator.process(before)
        rest = np.concatenate([sound, np.zeros((separator.latency_samples, 2), np.float32)])
        made = separator.process(rest)
        wanted = np.concatenate([made[stem][separator.latency_samples :] for stem in STEMS], axis=1)
        latency = int(host.latency()["host_samples"])
        error = np.abs(heard[latency : latency + len(sound)] - wanted).max()
        best = error if best is None else min(best, error)
    assert begun > 0
    assert best is not None and best < 1e-6
    assert np.abs(wanted).max() > 0.1
    assert np.abs(wanted[:, :2] - wanted[:, 2:4]).max() > 0.01  # the stems are not all alike
