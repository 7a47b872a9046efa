"""A job that comes to nothing takes the folders along that it made, and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rtiass.audiowriter import OutputSet

Fail = Callable[[Path], None]


@pytest.fixture(params=[KeyboardInterrupt, OSError], ids=["interrupted", "failed"])
def fail(request: pytest.FixtureRequest) -> Fail:
    """Begin to write stems into a folder, then end."""

    def job(folder: Path) -> None:
        with pytest.raises(request.param), OutputSet(folder, ["vocals"], "wav", 44100, 2, own_folder=True) as out:
            out.write("vocals", np.zeros((100, 2), np.float32))
            raise request.param

    return job


def test_new_folders_go(fail: Fail, tmp_path: Path) -> None:
    fail(tmp_path / "a" / "b" / "song")
    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_there_stay(fail: Fail, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    fail(tmp_path / "a" / "b" / "song")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
    assert list((tmp_path / "a").iterdir()) == []


def test_a_new_folder_that_is_used_by_now_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "song"
    with pytest.raises(OSError), OutputSet(folder, ["vocals"], "wav", 44100, 2, own_folder=True):
        (tmp_path / "a" / "mine.txt").write_text("keep")
        raise OSError
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["mine.txt"]


def test_a_complete_job_stays(tmp_path: Path) -> None:
    with OutputSet(tmp_path / "a" / "song", ["vocals"], "wav", 44100, 2, own_folder=True) as out:
        out.commit()
    assert [p.name for p in (tmp_path / "a" / "song").iterdir()] == ["vocals.wav"]
