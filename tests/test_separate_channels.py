"""Songs of many channels: a limit in a sentence, and further sessions like the first."""

from __future__ import annotations

from typing import Any

import pytest
import soundfile
from fake_engine import FakeSession, fake_bundle, music

from rtiass.errors import UserError
from rtiass.filejob import separate_song
from rtiass.pool import SeparatorPool


def test_too_many_channels_are_refused_before_anything_is_written(pool: Any, tmp_path: Any) -> None:
    path = tmp_path / "wide.wav"
    soundfile.write(path, music(100, 65), 44100)
    with pytest.raises(UserError, match=r"at most 64 channels, not 65\..*\.$"):
        separate_song(path, tmp_path / "out", pool)
    assert not (tmp_path / "out").exists()
    assert len(pool._sessions) == 1


def test_further_sessions_are_opened_as_the_first_turned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, int | None]] = []

    def choose(name: str, bundle: Any, threads: int | None = None) -> tuple[str, FakeSession, str]:
        calls.append((name, threads))
        session = FakeSession()
        session.threads = threads or 2  # type: ignore[attr-defined]
        return "chosen", session, ""

    monkeypatch.setattr("rtiass.pool.load_bundle", lambda name=None: fake_bundle())
    monkeypatch.setattr("rtiass.pool.choose", choose)
    with SeparatorPool() as pool:
        assert len(pool.take(5, ("vocals",))) == 3
    assert calls == [("auto", None), ("chosen", 2), ("chosen", 2)]
