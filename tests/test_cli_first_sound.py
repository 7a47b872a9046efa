"""Playing that must sound raises the device's own sentence if no sound comes, and leaves nothing running."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rtiass.control.control import Control
from rtiass.control.vocabulary import vocabulary
from rtiass.errors import UserError
from rtiass.live.commands import run_karaoke


@pytest.mark.parametrize(
    ("error", "words"), [(UserError("The device is busy."), "is busy"), (TimeoutError("late"), "no sign of life")]
)
def test_no_sound_is_an_error_before_anything_is_shown(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    calls: list[str] = []

    class Host:
        def __init__(self, options: Any) -> None:
            calls.append(Path(options.song).name)
            self.control = Control(vocabulary(("vocals", "other"), ("mix",), song=True))

        def start(self) -> None:
            calls.append("start")

        def wait_until_playing(self) -> None:
            raise error

        def close(self) -> None:
            calls.append("close")

    monkeypatch.setattr("rtiass.live.host.LiveHost", Host)
    monkeypatch.setattr("rtiass.live.screen.run", lambda host: calls.append("screen"))
    with pytest.raises(UserError, match=words):
        run_karaoke(Path("a.wav"), must_sound=True)
    assert calls == ["a.wav", "start", "close"]
