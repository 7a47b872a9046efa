"""Killed while it records: the files are readable as they are, and the next start completes the take."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import music
from record_loop import RecordLoop, make_loop, read_take  # noqa: F401 - a fixture

from rtiass.live import recordring as rr
from rtiass.live.recordwriter import Order
from rtiass.live.take import Take, finish_takes


def start_writer(live: RecordLoop, fmt: str) -> subprocess.Popen[str]:
    """The recording process on the ring of a loop."""
    order = Order(str(live.home), tuple(live.names), (1,), fmt, len(live.ring.samples), reserve=0)
    command = [sys.executable, "-m", "rtiass.live.recordwriter", str(live.ring.fd)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[live.ring.fd]
    )
    assert process.stdin is not None
    process.stdin.write(order.to_json() + "\n")
    process.stdin.flush()
    return process


def wait_until(condition: Any, seconds: float = 30.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.parametrize("fmt", ["wav", "flac"])
def test_the_recorder_killed_is_finished_at_the_next_start(make_loop: Any, fmt: str) -> None:  # noqa: F811
    sound = music(100000)
    live = make_loop("vocals", "input")
    process = start_writer(live, fmt)
    live.record(1)
    live.play(sound, drain=False)
    wait_until(lambda: live.ring.get(rr.FRAMES) == 100000 - 1024)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(live.home.rglob("*.part"))
    done = finish_takes(live.home)
    assert done == live.takes() and not list(live.home.rglob("*.part"))
    card, tracks = read_take(done[0])
    assert card["recovered"] and card["complete"]
    for values in tracks.values():
        # FLAC is written in blocks of 4096: the last begun ones were in memory.
        assert 100000 - 1024 >= len(values) >= 100000 - 1024 - (0 if fmt == "wav" else 2 * 4096)
    assert card["frames"] == min(len(values) for values in tracks.values())
    assert np.abs(tracks["input"] - sound[: len(tracks["input"])]).max() < 2.0**-23
    assert finish_takes(live.home) == []


@pytest.mark.parametrize("fmt", ["wav", "flac"])
def test_the_host_killed_the_recorder_completes_the_take(make_loop: Any, fmt: str) -> None:  # noqa: F811
    sound = music(50000)
    live = make_loop("vocals", "input")
    process = start_writer(live, fmt)
    live.record(1)
    live.play(sound, drain=False)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()  # what the death of the host does
    said = process.stdout.read()
    assert process.wait(30) == 0
    card, tracks = read_take(live.takes()[0])
    assert card["complete"] and "recovered" not in card and "Recorded 0:01.1" in said
    assert {len(values) for values in tracks.values()} == {50000 - 1024}


@pytest.mark.parametrize("fmt", ["wav", "flac"])
def test_files_are_readable_while_they_are_written(tmp_path: Path, fmt: str) -> None:
    import soundfile

    take = Take(tmp_path, ["mix"], fmt, {})
    sound = music(30000)
    take.write(sound[:, None])
    take.refresh()
    (part,) = tmp_path.rglob(f"*.{fmt}.part")
    read, _ = soundfile.read(os.fspath(part), dtype="float32")
    assert len(read) >= 30000 - 2 * 4096
    assert np.abs(read - sound[: len(read)]).max() < 2.0**-23
    # Another host at the same folder leaves it alone.
    assert finish_takes(tmp_path) == []
    take.close()
    assert soundfile.info(os.fspath(next(tmp_path.rglob(f"*.{fmt}")))).frames == 30000


def test_a_cut_off_block_and_a_damaged_card_do_not_stop_the_start(tmp_path: Path) -> None:
    take = Take(tmp_path, ["mix"], "flac", {"song": 'a "song"\n'})
    take.write(music(30000)[:, None])
    (part,) = tmp_path.rglob("*.flac.part")
    size = part.stat().st_size
    os.truncate(part, size - 1000)
    os.close(take._lock)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "take.toml.part").write_text("= =")
    assert finish_takes(tmp_path) == [take.folder]
    card, tracks = read_take(take.folder)
    assert card["song"] == 'a "song"\n'
    assert len(tracks["mix"]) == card["frames"] >= 4 * 4096
