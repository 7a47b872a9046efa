"""An error in the audio thread is told and playing starts anew; the dry sound is not left to play for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jack_server import eventually, make_rig  # noqa: F401 - a fixture

from rtiass.live.status import PLAYING

pytestmark = pytest.mark.jack


def test_audio_thread_fails(make_rig: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    order = tmp_path / "fail"
    monkeypatch.setenv("RTIASS_TEST_FAULT", str(order))
    rig = make_rig(block=512)
    host = rig.host(freewheel=False)
    order.touch()
    assert eventually(lambda: host.status.restarts == 1 and host.status.phase == PLAYING, 20) is not None
    assert any("broken on command" in note for note in host.status.notes)
    assert eventually(lambda: host.state.get("captured") > 10000, 10) is not None
