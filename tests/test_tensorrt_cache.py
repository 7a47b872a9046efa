"""Compiled networks on disk are believed only if they are wholly and exactly what was asked for."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from engines import keptfiles
from engines.keptfiles import FOLDER, MAGIC, default_folder
from engines.tensorrt.cache import Cache
from engines.tensorrt.key import Key
from rtiass.engine import EngineError

KEY = Key("tensorrt_rtx", "1.7", "sm86", 0, "fp32", "ab" * 32)
DATA = bytes(range(256)) * 40


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    cache = Cache(tmp_path / "engines")
    cache.write(KEY, "engine", DATA, "band")
    return cache


def test_what_was_written_is_read(kept: Cache) -> None:
    assert kept.read(KEY) == DATA
    assert kept.read(KEY, "runtime") is None
    assert list(kept.folder.iterdir()) == [kept.path(KEY)], "nothing half-written is left"


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.8"},
        {"target": "sm89"},
        {"flavour": "tensorrt"},
        {"driver": 13000},
        {"precision": "fp16"},
        {"graph": "cd" * 32},
        {"recipe": 2},
    ],
)
def test_any_difference_in_the_key_is_another_network(kept: Cache, change: dict[str, Any]) -> None:
    other = replace(KEY, **change)
    assert kept.read(other) is None
    # Even under the other's name: a file that was renamed is not believed.
    kept.path(KEY).replace(kept.path(other))
    assert kept.read(other) is None
    assert kept.entries() == []


def head(**changes: Any) -> bytes:
    """A file with a head of these values in place of the right ones."""
    values = {"key": asdict(KEY), "kind": "engine", "model": "band", "bytes": len(DATA)}
    values["sha256"] = hashlib.sha256(DATA).hexdigest()
    text = json.dumps({**values, **changes}).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + DATA


GOOD = head()
DAMAGE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "cut in the mark": lambda: GOOD[:7],
    "cut in the head": lambda: GOOD[:60],
    "cut in the network": lambda: GOOD[:-1],
    "longer": lambda: GOOD + b"x",
    "one bit": lambda: GOOD[:-100] + bytes([GOOD[-100] ^ 1]) + GOOD[-99:],
    "another mark": lambda: b"X" + GOOD[1:],
    "an endless head": lambda: MAGIC + struct.pack("<I", 2**32 - 1) + b"{" * 100,
    "a head of nests": lambda: MAGIC + struct.pack("<I", 16000) + b"[" * 16000,
    "a head that is no text": lambda: MAGIC + struct.pack("<I", 4) + b"\xff\xfe\x00\x01",
    "a head that is a number": lambda: MAGIC + struct.pack("<I", 1) + b"7",
    "a head without a key": lambda: MAGIC + struct.pack("<I", 2) + b"{}",
    "a size below nothing": lambda: head(bytes=-1),
    "a size beyond all": lambda: head(bytes=1 << 60),
    "a size in words": lambda: head(bytes="many"),
    "another kind": lambda: head(kind="runtime"),
    "a wrong sum": lambda: head(sha256="0" * 64),
    "a sum of another kind": lambda: head(sha256=None),
    "a key with more in it": lambda: head(key={**asdict(KEY), "more": 1}),
    "a key of other kinds": lambda: head(key={**asdict(KEY), "target": 86}),
    "noise": lambda: os.urandom(5000),
}


def test_the_damages_begin_with_a_good_file(kept: Cache) -> None:
    kept.path(KEY).write_bytes(GOOD)
    assert kept.read(KEY) == DATA


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_as_if_it_were_not_there(kept: Cache, damage: str) -> None:
    kept.path(KEY).write_bytes(DAMAGE[damage]())
    assert kept.read(KEY) is None
    kept.entries()
    kept.write(KEY, "engine", DATA, "band")
    assert kept.read(KEY) == DATA


@pytest.mark.parametrize("length", range(0, len(GOOD), 997))
def test_a_file_cut_anywhere_is_not_believed(kept: Cache, length: int) -> None:
    kept.path(KEY).write_bytes(GOOD[:length])
    assert kept.read(KEY) is None


def test_files_of_others_are_not_believed(kept: Cache) -> None:
    path = kept.path(KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o622)
    assert kept.read(KEY) is None
    path.chmod(0o600)
    kept.folder.chmod(0o777)
    assert kept.read(KEY) is None
    kept.folder.chmod(0o700)
    assert kept.read(KEY) == DATA


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
def test_files_of_another_owner_are_not_believed(kept: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert kept.read(KEY) is None


def test_a_link_a_folder_and_a_pipe_are_no_files(kept: Cache, tmp_path: Path) -> None:
    path, elsewhere = kept.path(KEY), tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert kept.read(KEY) is None
    path.unlink()
    path.mkdir()
    assert kept.read(KEY) is None
    path.rmdir()
    os.mkfifo(path, 0o600)
    assert kept.read(KEY) is None
    assert kept.entries() == []


def test_a_write_that_fails_leaves_the_old_file(kept: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keptfiles.os, "fsync", full)
    with pytest.raises(EngineError, match=r"can't be kept in .* \(No space left on device\).*RTIASS_ENGINE_CACHE=DIR"):
        kept.write(KEY, "engine", b"new", "band")
    assert kept.read(KEY) == DATA
    assert len(list(kept.folder.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "engines")
    assert cache.read(KEY) is None
    assert cache.entries() == []
    with pytest.raises(EngineError, match="can't be kept in"):
        cache.write(KEY, "engine", DATA, "band")


def test_readers_see_whole_files_while_others_write(kept: Cache) -> None:
    versions = [bytes([i]) * 50_000 for i in range(3)]
    for data in versions:
        kept.write(KEY, "engine", data, "band")
    wrong: list[object] = []

    def write(data: bytes) -> None:
        for _ in range(20):
            Cache(kept.folder).write(KEY, "engine", data, "band")

    writers = [threading.Thread(target=write, args=(data,)) for data in versions]
    for thread in writers:
        thread.start()
    while any(thread.is_alive() for thread in writers):
        found = kept.read(KEY)
        if found not in versions:
            wrong.append(found)
    assert not wrong
    assert kept.read(KEY) in versions
    assert len(list(kept.folder.iterdir())) == 1


def test_entries_tell_what_there_is(kept: Cache) -> None:
    other = replace(KEY, target="sm120")
    kept.write(other, "engine", b"12345", "\x1b[2Jkaraoke")
    kept.write(KEY, "runtime", b"12345", "band")
    (kept.folder / "noise.engine").write_bytes(os.urandom(100))
    assert [(entry.model, entry.key) for entry in kept.entries()] == [("[2Jkaraoke", other), ("band", KEY)]


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv(FOLDER)
    monkeypatch.setattr(keptfiles.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert default_folder() == tmp_path / "x" / "rtiass" / "engines"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache" / "rtiass" / "engines"
    monkeypatch.setattr(keptfiles.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert default_folder() == tmp_path / "local" / "rtiass" / "engines"
