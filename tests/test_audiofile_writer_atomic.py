"""Files of a set appear together, complete, or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from fake_engine import music

from rtiass.audiofile import AudioFileError
from rtiass.audiowriter import OutputSet


@pytest.mark.parametrize("fmt", ["wav", "flac", "ogg"])
def test_nothing_is_seen_before_the_commit(tmp_path: Path, fmt: str) -> None:
    with OutputSet(tmp_path / "song", ["a", "b"], fmt, 44100, 2, own_folder=True) as output:
        output.write("a", music(20000))
        output.write("b", music(20000))
        assert not (tmp_path / "song").exists()
        assert all(path.name.startswith(".") for path in tmp_path.iterdir())
        output.commit()
    assert [p.name for p in tmp_path.iterdir()] == ["song"]
    assert sorted(p.name for p in (tmp_path / "song").iterdir()) == [f"a.{fmt}", f"b.{fmt}"]


def test_an_error_leaves_no_trace_and_old_files_alone(tmp_path: Path) -> None:
    folder = tmp_path / "song"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"old")
    with (
        pytest.raises(RuntimeError, match="boom"),
        OutputSet(folder, ["a"], "wav", 44100, 2, own_folder=True) as output,
    ):
        output.write("a", music(1000))
        raise RuntimeError("boom")
    assert [p.name for p in tmp_path.iterdir()] == ["song"]
    assert (folder / "a.wav").read_bytes() == b"old"


def test_files_of_the_same_name_are_replaced_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "song"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"old")
    (folder / "notes.txt").write_text("mine")
    with OutputSet(folder, ["a"], "wav", 44100, 2, own_folder=True) as output:
        output.write("a", music(1000))
        output.commit()
    assert (folder / "a.wav").stat().st_size > 8000
    assert (folder / "notes.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["song"]


def test_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = OutputSet(tmp_path / "song", ["a"], "wav", 44100, 2, own_folder=True)

    def full(block: np.ndarray) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(output._writers["a"], "write", full)
    with output, pytest.raises(AudioFileError, match="No space left on device"):
        output.write("a", music(10))
    assert list(tmp_path.iterdir()) == []


def test_goal_that_is_a_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "song").write_text("a file")
    with pytest.raises(AudioFileError, match="it is a file"):
        OutputSet(tmp_path / "song", ["a"], "wav", 44100, 2, own_folder=True)


def test_new_folder_has_ordinary_rights(tmp_path: Path) -> None:
    (tmp_path / "ordinary").mkdir()
    with OutputSet(tmp_path / "song", ["a"], "wav", 44100, 2, own_folder=True) as output:
        output.write("a", music(10))
        output.commit()
    assert (tmp_path / "song").stat().st_mode == (tmp_path / "ordinary").stat().st_mode
