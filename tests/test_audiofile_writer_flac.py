"""FLAC files are exact on the 24-bit grid and never clip: a set that would is lowered as a whole, and says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from rtiass.audiofile import AudioFileError
from rtiass.audiowriter import GRID, OutputSet


def _write(folder: Path, sounds: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    with OutputSet(folder, list(sounds), "flac", 44100, 2, own_folder=True) as output:
        for name, sound in sounds.items():
            output.write(name, sound)
        paths = output.commit()
    assert [p.name for p in paths] == sorted(f"{name}.flac" for name in sounds)
    return {p.stem: soundfile.read(p, dtype="float64")[0] for p in paths}, output.lowered_db


def test_grid_values_are_exact(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    steps = rng.integers(-(2**23), 2**23, (5000, 2))
    steps[0] = -(2**23)
    steps[0] += 1
    steps[1] = 2**23 - 1
    read, lowered = _write(tmp_path / "song", {"a": (steps / GRID).astype(np.float32)})
    assert lowered == 0.0
    np.testing.assert_array_equal(read["a"] * GRID, steps)
    assert soundfile.info(tmp_path / "song" / "a.flac").subtype == "PCM_24"


def test_set_that_would_clip_is_lowered_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    loud = rng.uniform(-2, 2, (5000, 2)).astype(np.float32)
    loud[7] = 2.0
    quiet = (0.1 * loud[::-1]).astype(np.float32)
    read, lowered = _write(tmp_path / "song", {"loud": loud, "quiet": quiet})
    assert lowered == pytest.approx(20 * np.log10(2.0), abs=1e-5)
    assert np.abs(read["loud"]).max() < 1.0
    np.testing.assert_allclose(read["loud"], loud / 2, atol=2 / GRID)
    np.testing.assert_allclose(read["quiet"], quiet / 2, atol=2 / GRID)


def test_too_many_channels_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="at most 8 channels"):
        OutputSet(tmp_path / "song", ["a"], "flac", 44100, 9, own_folder=True)
    assert list(tmp_path.iterdir()) == []
