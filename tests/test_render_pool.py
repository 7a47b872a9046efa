"""The pool keeps what is finished and lists it."""

import json
from pathlib import Path

import numpy as np

from offline_train.render.job import Job, execute
from offline_train.render.pool import Item, Pool, to_int16

CALLS: list[str] = []


def make(name: str):
    CALLS.append(name)
    item = Item(name, "bass", "rendered", None, 1.0, "train", "s", "l", "c")
    yield item, np.array([0.5, -0.9, 0.25] * 1000, np.float32)


def test_finished_items_are_not_made_again(tmp_path: Path) -> None:
    CALLS.clear()
    job = Job("one", "group", 1.0, make, ("one",))
    execute(job, tmp_path)
    execute(job, tmp_path)
    assert CALLS == ["one"]


def test_audio_and_list(tmp_path: Path) -> None:
    execute(Job("one", "group", 1.0, make, ("one",)), tmp_path)
    listed = Pool(tmp_path).write_list()
    assert listed == json.loads((tmp_path / "pool.json").read_text())
    assert listed[0]["class"] == "bass"
    assert listed[0]["seconds"] == round(3000 / 44100, 4)
    audio = np.load(tmp_path / "audio" / "one.npy", mmap_mode="r")
    assert audio.dtype == np.int16
    assert audio.flags.c_contiguous
    np.testing.assert_array_equal(audio[:3, 0], [16384, -29490, 8192])
    np.testing.assert_array_equal(audio[:, 0], audio[:, 1])


def test_audio_without_description_does_not_count(tmp_path: Path) -> None:
    pool = Pool(tmp_path)
    (tmp_path / "audio").mkdir()
    np.save(tmp_path / "audio" / "half.npy", np.zeros((4, 2), np.int16))
    assert not pool.has("half")
    assert pool.write_list() == []


def test_too_loud_audio_is_clipped_to_16_bits() -> None:
    np.testing.assert_array_equal(to_int16(np.array([2.0, -2.0], np.float32))[:, 0], [32767, -32768])


def test_a_finished_job_says_what_it_made(tmp_path: Path) -> None:
    execute(Job("one", "group", 1.0, make, ("one",)), tmp_path)
    record = json.loads((tmp_path / "jobs" / "one.json").read_text())
    assert record["ids"] == ["one"]
    assert record["group"] == "group"
    assert record["cpu_s"] >= 0
