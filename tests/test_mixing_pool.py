"""Reading a pool that may still be growing."""

import errno
import os

import numpy as np
import pytest
from tiny_stems import add_item, make_pool, tone

from offline_train.pool import Pool
from rtiass.errors import UserError


def test_items_and_songs_of_a_split(tmp_path):
    make_pool(tmp_path)
    assert len(Pool(tmp_path).items) == 8
    valid = Pool(tmp_path, "valid")
    assert [song.name for song in valid.songs] == ["v"] and len(valid.items) == 4


def test_grows_when_the_table_grows(tmp_path):
    pool = Pool(make_pool(tmp_path))
    assert not pool.refresh()
    before = pool.items["s_bass"]
    add_item(tmp_path, "new", "bass", tone(50.0, 1.0, (0.0, 1.0)), kind="rendered")
    os.utime(tmp_path / "pool.json", ns=(1, 1))
    assert pool.refresh()
    assert [item.id for item in pool.of("bass", "rendered")] == ["new"]
    assert pool.items["s_bass"] is before


def test_reading_past_the_ends_gives_zeros(tmp_path):
    item = Pool(make_pool(tmp_path)).items["s_drums"]
    audio = item.read(-100, item.samples + 200)
    assert not audio[:, :100].any() and not audio[:, -100:].any()
    np.testing.assert_allclose(audio[:, 100:-100], np.asarray(item.audio).T / 32768)
    assert not item.read(item.samples + 10, 50).any()


def test_silent_items_are_never_chosen(tmp_path):
    make_pool(tmp_path)
    add_item(tmp_path, "empty", "vocals", np.zeros((44100, 2), np.int16))
    pool = Pool(tmp_path)
    assert "empty" in pool.items
    assert "empty" not in [item.id for item in pool.of("vocals")]


def test_activity_is_computed_once(tmp_path):
    make_pool(tmp_path)
    Pool(tmp_path)
    files = sorted((tmp_path / "activity").iterdir())
    stamps = [file.stat().st_mtime_ns for file in files]
    Pool(tmp_path)
    assert [file.stat().st_mtime_ns for file in sorted((tmp_path / "activity").iterdir())] == stamps


def test_no_pool_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="rtiass-train pool"):
        Pool(tmp_path)


def test_empty_split_is_told(tmp_path):
    add_item(tmp_path, "only", "vocals", tone(300.0, 1.0, (0.0, 1.0)))
    with pytest.raises(UserError, match="'valid'"):
        Pool(tmp_path, "valid")


@pytest.mark.parametrize("text", ["[{", "{}x", "[1]", '[{"id": "a"}]'])
def test_a_broken_list_names_the_file(tmp_path, text):
    (tmp_path / "pool.json").write_text(text)
    with pytest.raises(UserError, match=r"pool\.json is not the list of a pool"):
        Pool(tmp_path)


def test_a_recording_that_is_missing_or_torn_names_the_file(tmp_path):
    path = make_pool(tmp_path) / "audio" / "s_bass.npy"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"s_bass\.npy cannot be read"):
        Pool(tmp_path)
    path.unlink()
    with pytest.raises(UserError, match=r"s_bass\.npy cannot be read"):
        Pool(tmp_path)
    np.save(path, np.zeros(1000))
    with pytest.raises(UserError, match=r"s_bass\.npy is no stereo recording"):
        Pool(tmp_path)


def test_a_full_disk_leaves_no_half_of_the_activity(tmp_path, monkeypatch):
    def full(file, table):
        raise OSError(errno.ENOSPC, "No space left on device")

    make_pool(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(UserError, match=r"activity/.*disk is full"):
        patch.setattr("offline_train.pool.np.save", full)
        Pool(tmp_path)
    assert not list((tmp_path / "activity").iterdir())
