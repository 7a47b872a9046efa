"""A full disk is told with the file's name, and what was there before stays whole."""

import errno

import pytest
import torch
from tiny_stems import held_pool, train

from offline_train.fit.files import write_whole
from offline_train.fit.saved import LAST
from rtiass.errors import UserError


def full(path):
    path.write_bytes(b"half of it")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_old_file_stays(tmp_path):
    path = tmp_path / "sub" / "file"
    write_whole(path, lambda part: part.write_bytes(b"old"))
    with pytest.raises(UserError, match=r"sub/file could not be written: the disk is full"):
        write_whole(path, full)
    assert path.read_bytes() == b"old" and list(path.parent.iterdir()) == [path]


def test_training_stops_and_its_last_checkpoint_is_good(tmp_path, monkeypatch):
    pool, run = held_pool(tmp_path / "pool"), tmp_path / "run"
    train(run, pool, steps=2)
    before = (run / LAST).read_bytes()
    monkeypatch.setattr("offline_train.fit.checkpoint.torch.save", lambda state, path: full(path))
    with pytest.raises(UserError, match=r"last\.ckpt could not be written: the disk is full"):
        train(run, pool, resume=True, steps=4)
    assert (run / LAST).read_bytes() == before and not list(run.rglob("*.part"))
    monkeypatch.undo()
    train(run, pool, resume=True, steps=4)
    assert torch.load(run / LAST, weights_only=True)["global_step"] == 4


def test_a_full_disk_under_the_log_is_told(tmp_path, monkeypatch):
    from offline_train.fit.log import Log

    def no_room(self, trainer, module):
        from offline_train.fit.files import disk_errors

        with disk_errors(self.folder / "log.jsonl"):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Log, "_tell", no_room)
    with pytest.raises(UserError, match=r"log\.jsonl could not be written"):
        train(tmp_path / "run", held_pool(tmp_path / "pool"), steps=2)
