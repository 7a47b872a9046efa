"""Broken off and taken up again: nothing half-written, nothing done twice, what has changed is made anew."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from dataset_copies import folder, tone, write

from offline_train.datasets import open_set
from offline_train.datasets.filetrack import FileTrack
from offline_train.datasets.pack import pack
from offline_train.pool import Pool
from rtiass.errors import UserError

SONGS = {f"S{number}": ["bass.wav", "piano.wav"] for number in range(3)}


def run(root: Path, out: Path, classes: Path | None = None) -> list[bool]:
    """Which songs were packed now."""
    return [result.fresh for result in pack(open_set("folder", root, classes), out, jobs=1, say=lambda text: None)]


def leftovers(out: Path) -> list[str]:
    return [path.name for path in out.rglob("*") if ".part" in path.name]


def test_finished_songs_are_not_made_again(tmp_path: Path) -> None:
    folder(tmp_path / "set", SONGS)
    assert run(tmp_path / "set", tmp_path / "pool") == [True] * 3
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "pool" / "audio").iterdir()}
    assert run(tmp_path / "set", tmp_path / "pool") == [False] * 3
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "pool" / "audio").iterdir()}


def test_interrupted_within_a_song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "set", SONGS)
    whole = FileTrack.sound

    def broken_off(self, rate=44100, health=None):
        blocks = whole(self, rate, health)
        if "S1" in str(self.path) and self.class_name == "piano":
            yield next(blocks)
            raise KeyboardInterrupt
        yield from blocks

    monkeypatch.setattr(FileTrack, "sound", broken_off)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "set", tmp_path / "pool")
    assert leftovers(tmp_path / "pool") == []
    assert [song.name for song in Pool(tmp_path / "pool").songs] == ["set/S0"]
    monkeypatch.setattr(FileTrack, "sound", whole)
    assert run(tmp_path / "set", tmp_path / "pool") == [False, True, True]
    assert len(Pool(tmp_path / "pool").songs) == 3


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    folder(tmp_path / "set", SONGS)
    run(tmp_path / "set", tmp_path / "pool")
    audio = tmp_path / "pool" / "audio"
    item = sorted(audio.iterdir())[0]
    (audio / f".{item.stem}.123.part").write_bytes(b"half")
    item.write_bytes(b"half")
    (tmp_path / "pool" / "items" / f"{item.stem}.json").unlink()
    assert run(tmp_path / "set", tmp_path / "pool").count(True) == 1
    assert leftovers(tmp_path / "pool") == []
    assert len(Pool(tmp_path / "pool").songs) == 3


def test_a_changed_file_is_packed_again(tmp_path: Path) -> None:
    folder(tmp_path / "set", SONGS)
    run(tmp_path / "set", tmp_path / "pool")
    Pool(tmp_path / "pool")  # works out the activity of all items
    path = write(tmp_path / "set" / "S1" / "bass.wav", tone("another", 2.0))
    os.utime(path, ns=(1, 1))
    assert run(tmp_path / "set", tmp_path / "pool") == [False, True, False]
    assert len(list((tmp_path / "pool" / "activity").glob("set-s1-*"))) == 0
    got = Pool(tmp_path / "pool").songs[1].read("bass", 0, 100)
    np.testing.assert_allclose(got, tone("another", 2.0)[:100].T, atol=1 / 32768)


def test_another_class_replaces_the_item(tmp_path: Path) -> None:
    folder(tmp_path / "set", {"S": ["keys.wav", "bass.wav"]})
    run(tmp_path / "set", tmp_path / "pool")
    (tmp_path / "my.toml").write_text('[names]\npiano = ["keys"]\n')
    run(tmp_path / "set", tmp_path / "pool", tmp_path / "my.toml")
    song = Pool(tmp_path / "pool").songs[0]
    assert sorted(song.stems) == ["bass", "piano"]
    assert len(list((tmp_path / "pool" / "audio").iterdir())) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("where", ["spool", "item"])
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    folder(tmp_path / "set", SONGS)
    out = tmp_path / "pool"
    opened = Path.open

    def on_a_full_disk(self, mode="r", *args, **kwargs):
        mine = "set-s1" in self.name and self.name.endswith(".part") and "w" in mode
        if mine and (".npy." in self.name) == (where == "item"):
            self.touch()
            return opened(Path("/dev/full"), mode, *args, **kwargs)
        return opened(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", on_a_full_disk)
    with pytest.raises(UserError, match=r"set-s1.*could not be written: (the disk is full|No space)"):
        run(tmp_path / "set", out)
    monkeypatch.undo()
    assert leftovers(out) == []
    assert [song.name for song in Pool(out).songs] == ["set/S0"]
    assert run(tmp_path / "set", out) == [False, True, True]
