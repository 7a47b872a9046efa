"""An interrupted rendering leaves a good pool and goes on where it stopped."""

import fcntl
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from render_sources import contents, make_jobs, make_sources

from offline_train.render.engine import run
from offline_train.render.job import Job
from offline_train.render.pool import Item
from rtiass.errors import UserError


def interrupted(*arguments: object):
    item = Item("half", "bass", "sampled", "song", 1.0, "train", "s", "l", "c")
    yield item, np.full(1000, 0.1, np.float32)
    raise KeyboardInterrupt


def test_what_is_finished_stays_and_the_rest_follows(tmp_path: Path) -> None:
    sources = make_sources(tmp_path)
    jobs = make_jobs(sources)
    run(jobs, tmp_path / "whole")
    stopped = [jobs[0], replace(jobs[1], run=interrupted), *jobs[2:]]
    with pytest.raises(KeyboardInterrupt):
        run(stopped, tmp_path / "pool")
    listed = json.loads((tmp_path / "pool" / "pool.json").read_text())
    assert [entry["id"] for entry in listed] == ["item_0"]
    assert [path.stem for path in (tmp_path / "pool" / "audio").iterdir()] == ["item_0"]
    before = (tmp_path / "pool" / "audio" / "item_0.npy").stat().st_mtime_ns
    run(jobs, tmp_path / "pool")
    assert (tmp_path / "pool" / "audio" / "item_0.npy").stat().st_mtime_ns == before
    assert contents(tmp_path / "pool") == contents(tmp_path / "whole")


def test_what_a_killed_rendering_left_is_swept_up(tmp_path: Path) -> None:
    left = tmp_path / "pool" / "audio" / ".item_9.npy.77.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    run([], tmp_path / "pool")
    assert not left.exists()


def test_two_renderings_do_not_share_a_folder(tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="Another rendering"):
            run([Job("a", "g", 1.0, interrupted, ())], tmp_path)
