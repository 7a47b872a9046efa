"""The command line with a real bundle and the default engine, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from conftest import MakeSong


def _rtiass(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rtiass", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_separate_with_onnx_runtime(make_song: MakeSong, tmp_path: Path, tiny_bundle: Path) -> None:
    song, sound = make_song(samples=60_000)
    done = _rtiass("separate", song, "-o", tmp_path / "out", "--model", tiny_bundle, "--gate", "off")
    assert (done.returncode, done.stderr) == (0, "")
    stems = [soundfile.read(path)[0] for path in sorted((tmp_path / "out" / "song").iterdir())]
    assert len(stems) == 4
    np.testing.assert_array_equal(sum(stems), sound)
    assert all(np.std(stem) > 0.02 * np.std(sound) for stem in stems)


def test_missing_model_and_engine_exit_2(make_song: MakeSong, tmp_path: Path, tiny_bundle: Path) -> None:
    song, _ = make_song()
    for wrong in (["--model", "nowhere"], ["--model", str(tiny_bundle), "--engine", "abacus"]):
        done = _rtiass("separate", song, "-o", tmp_path / "out", *wrong)
        assert done.returncode == 2
        assert done.stderr.startswith("Error: There is no ")
        assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_no_command_shows_help() -> None:
    done = _rtiass()
    assert "separate" in done.stdout + done.stderr
    assert done.returncode == 2
