"""The start is measured as things are, once more warm, and once with nothing compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtiass.bench import firstsound
from rtiass.bench.firstsound import COMPILING, FIRST, WARM, first_sounds
from rtiass.live.options import LiveOptions


def test_three_starts_and_only_the_last_compiles_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []

    def ask(module: str, order: object, environment: dict[str, str]) -> list[dict[str, float]]:
        seen.append(environment)
        if environment:
            assert list(Path(environment["NUMBA_CACHE_DIR"]).iterdir()) == []
        return [{"sound": 1e9, "ready": 1e9}]

    monkeypatch.setattr(firstsound, "ask", ask)
    assert [row.what for row in first_sounds(LiveOptions())] == [FIRST, WARM, COMPILING]
    assert [set(environment) for environment in seen] == [set(), set(), {"NUMBA_CACHE_DIR"}]
    assert not Path(seen[2]["NUMBA_CACHE_DIR"]).exists()
