"""A full disk is told with the file's name, and leaves nothing half-written."""

import errno
from pathlib import Path

import numpy as np
import pytest

from offline_train.render.pool import Item, Pool
from rtiass.errors import UserError

ITEM = Item("full", "bass", "sampled", None, 1.0, "train", "s", "l", "c")


def no_space(stream, samples) -> None:
    stream.write(b"some")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(tmp_path)
    pool.add([(Item("kept", "bass", "sampled", None, 1.0, "train", "s", "l", "c"), np.full(9, 0.1, np.float32))])
    monkeypatch.setattr(np, "save", no_space)
    with pytest.raises(UserError, match=r"full\.npy.*disk is full"):
        pool.add([(ITEM, np.full(9, 0.1, np.float32))])
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["kept.json", "kept.npy"]
    assert [entry["id"] for entry in pool.write_list()] == ["kept"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "pool").write_text("a file")
    with pytest.raises(UserError, match="could not be written"):
        Pool(tmp_path / "pool").add([(ITEM, np.full(9, 0.1, np.float32))])


def test_nothing_of_a_song_stays_if_its_last_stem_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, audio, save = Pool(tmp_path), np.full(9, 0.1, np.float32), np.save
    monkeypatch.setattr(
        np, "save", lambda stream, samples: save(stream, samples) if len(samples) == 9 else no_space(stream, samples)
    )
    with pytest.raises(UserError, match=r"full\.npy.*disk is full"):
        pool.add([(Item("first", "vocals", "sampled", "song", 1.0, "train", "s", "l", "c"), audio), (ITEM, audio[:8])])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert pool.write_list() == []


def test_a_damaged_description_is_named(tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    (tmp_path / "items" / "torn.json").write_text("{")
    with pytest.raises(UserError, match=r"torn\.json"):
        Pool(tmp_path).write_list()
