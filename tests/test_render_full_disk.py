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
    pool.add(Item("kept", "bass", "sampled", None, 1.0, "train", "s", "l", "c"), np.full(9, 0.1, np.float32))
    monkeypatch.setattr(np, "save", no_space)
    with pytest.raises(UserError, match=r"full\.npy.*disk is full"):
        pool.add(ITEM, np.full(9, 0.1, np.float32))
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["kept.json", "kept.npy"]
    assert [entry["id"] for entry in pool.write_list()] == ["kept"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "pool").write_text("a file")
    with pytest.raises(UserError, match="could not be written"):
        Pool(tmp_path / "pool").add(ITEM, np.full(9, 0.1, np.float32))
