"""Live, ``auto`` plays at once with the first engine that can run where none was measured, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from jack_server import make_rig  # noqa: F401 - a fixture

from rtiass.live.screen import summary


@pytest.mark.jack
def test_the_reason_is_told(make_rig: Any) -> None:  # noqa: F811
    host = make_rig(block=1024).host(engine="auto")
    assert host.status.about["engine"] == "onnxruntime"
    told = summary(host).splitlines()[-1]
    assert told.startswith("Engine onnxruntime: the first that can run; engines were not measured here: ")
    assert host.status.notes == ()


@pytest.mark.jack
def test_an_engine_with_options_plays(make_rig: Any) -> None:  # noqa: F811
    host = make_rig(block=1024).host(engine="onnxruntime:cpu")
    assert host.status.about["engine"] == "onnxruntime:cpu"
    assert "Engine" not in summary(host)
