"""Recording from a JACK server: the take is what came out of the host's outputs, and the input that went in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture
from record_loop import read_take

from rtiass.live.options import Route

pytestmark = pytest.mark.jack


def test_a_take_is_what_was_heard(make_rig: Any, tmp_path: Path) -> None:  # noqa: F811
    rig = make_rig(block=512)
    home = tmp_path / "takes"
    tracks = ("drums:post", "drums", "input")
    routes = (Route("karaoke", (1, 2)), Route("drums", (3, 4)))
    host = rig.host(mode="tight", routes=routes, record=str(home), record_tracks=tracks, record_format="wav")
    assert host.status.about["recorded"] == ["drums_post", "drums", "input"]
    assert host.status.about["record_rendered"] == 1 and host.status.about["record_cost"] > 0
    sound = music(60000)
    sound[0] = 0.5
    heard = rig.play(sound, outputs=4)
    assert host.state.get("recording") == 1
    late = int(host.latency()["host_samples"])
    host.recording = False
    assert eventually(lambda: list(home.rglob("take.toml")), 20) is not None
    card, take = read_take(next(home.iterdir()))
    assert card["gaps"] == 0 and card["mode"] == "tight" and card["tracks"][0] == "drums:post"
    begin = int(np.flatnonzero(take["input"].any(axis=1))[0])
    assert np.array_equal(take["input"][begin : begin + len(sound)], sound)
    assert np.array_equal(take["drums_post"][begin : begin + len(sound)], heard[late : late + len(sound), 2:4])
    assert np.abs(take["drums"] - take["drums_post"]).max() < 1e-6
    assert np.abs(take["drums"]).max() > 0.05
    assert eventually(lambda: any("Recorded" in note for note in host.status.notes), 20) is not None
