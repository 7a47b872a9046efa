"""A full disk ends the take with a sentence; what is on it stays whole, the sound goes on, and a new take can begin."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from record_loop import make_loop, read_take  # noqa: F401 - a fixture

from rtiass.live.ring import WRITTEN
from rtiass.live.take import check_home


class FullDisk:
    """Lets so many bytes be written in all, then nothing; overwriting takes no room."""

    def __init__(self, patch: pytest.MonkeyPatch, room: int) -> None:
        self.room, self._write = room, os.pwrite
        patch.setattr(os, "pwrite", self.write)

    def write(self, fd: int, data: bytes, at: int) -> int:
        new = max(0, at + len(data) - os.fstat(fd).st_size)
        if new > self.room:
            if self.room:
                self._write(fd, data[: len(data) - new + self.room], at)
            self.room = 0
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= new
        return self._write(fd, data, at)


@pytest.mark.parametrize(("fmt", "room"), [("wav", 300_000), ("wav", 100), ("flac", 150_000), ("flac", 40)])
def test_the_take_ends_whole_and_the_sound_goes_on(
    make_loop: Any, monkeypatch: pytest.MonkeyPatch, fmt: str, room: int  # noqa: F811
) -> None:  # fmt: skip
    sound = music(60000)
    live = make_loop("vocals", "input", fmt=fmt)
    live.record(1)
    with monkeypatch.context() as patch:
        FullDisk(patch, room)
        live.play(sound)
    assert int(live.block.counters[WRITTEN]) >= len(sound)
    assert live.ring.head[18] == 2
    assert len(live.said) == 1 and "no space left" in live.said[0].lower() and "Playing goes on" in live.said[0]
    if room < 1000:
        assert live.takes() == []
    else:
        card, tracks = read_take(live.takes()[0])
        assert "space" in card["ended_by"]
        assert not list(live.home.rglob("*.part"))
        lengths = {len(values) for values in tracks.values()}
        assert lengths == {card["frames"]} and card["frames"] > 8000
        assert np.abs(tracks["input"] - sound[: card["frames"]]).max() < 2.0**-23
        assert card["frames"] * (8 if fmt == "wav" else 3) * 2 <= room + 200
    live.record(0)
    live.play(sound[:512])
    live.record(2)
    live.play(sound[:20480])
    live.record(0)
    live.play(sound[:512])
    assert read_take(live.takes()[-1])[0]["frames"] == 20480 - 1024


def test_recording_stops_before_the_last_bytes(
    make_loop: Any, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    live = make_loop("input", reserve=1000)
    usage = shutil.disk_usage(live.home.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=900))
    live.record(1)
    live.play(music(4096))
    assert live.said and "full" in live.said[0]
    assert live.takes() == []


def test_a_folder_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Exception, match="--record") as caught:
        check_home(tmp_path / "file" / "takes", "flac")
    assert type(caught.value).__name__ == "UserError"
    with pytest.raises(Exception, match="flac or wav"):
        check_home(tmp_path, "mp3")
