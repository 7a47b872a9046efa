"""Fixtures: separators without a trained model, and sound files made on the spot."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_engine import FakeSession, fake_bundle, music
from numpy.typing import NDArray

# Sums in a fixed order and no fight for the cores: set before any library reads it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What was measured on the developer's machine is nothing to a test.
os.environ["RTIASS_ENGINE_SPEEDS"] = str(Path(__file__).parent / "no-such-folder" / "speeds.json")
# Nothing is measured beside the tests of shows, in no process; those that are about measuring switch it on again.
os.environ["RTIASS_MEASURE"] = "0"
# What was compiled on the developer's machine neither helps nor hinders.
_compiled = tempfile.TemporaryDirectory(prefix="rtiass-test-")
os.environ["RTIASS_ENGINE_CACHE"] = _compiled.name


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model is the fake bundle and every engine the fake session, within this process."""
    monkeypatch.setattr("rtiass.pool.load_bundle", lambda name=None: fake_bundle())
    monkeypatch.setattr("rtiass.pool.choose", lambda name, bundle, threads=None: ("fake", FakeSession(), ""))


@pytest.fixture
def pool(fake_model: None) -> Iterator[Any]:
    """Separators of the fake model."""
    from rtiass.pool import SeparatorPool

    with SeparatorPool() as made:
        yield made


@pytest.fixture
def tiny_bundle() -> Path:
    """Folder of a complete bundle with a small untrained network, for engines and for other processes."""
    return Path(__file__).parent / "data" / "tiny"


MakeSong = Callable[..., tuple[Path, NDArray[np.float32]]]


@pytest.fixture
def make_song(tmp_path: Path) -> MakeSong:
    """Write something like music to a file; returns its path and what a decoder must give."""

    def make(
        name: str = "song.wav",
        samples: int = 16521,
        channels: int = 2,
        rate: int = 44100,
        subtype: str | None = "PCM_24",
        seed: int = 0,
    ) -> tuple[Path, NDArray[np.float32]]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, music(samples, channels, seed), rate, subtype=subtype)
        values, _ = soundfile.read(path, dtype="float32", always_2d=True)
        return path, values

    return make
