"""What was set survives a crash, but for the last second at most; a good end leaves nothing behind."""

import itertools
import os
import subprocess
import sys
import textwrap

from rtiass.control import Control, vocabulary
from rtiass.control.journal import Journal, read_journal
from rtiass.control.scenes import SceneBook

STEMS = ("vocals", "drums", "bass", "other")
GAIN = "/stem/vocals/gain"


class Clock:
    now = 50.0

    def __call__(self):
        return self.now


def control() -> Control:
    return Control(vocabulary(STEMS, ["mix"], song=True))


def test_edits_on_the_disk_are_never_older_than_a_second(tmp_path):
    clock, state = Clock(), control()
    journal = Journal(tmp_path / "now", state, clock)
    edited: list[tuple[float, float]] = []
    writes = []
    for turn in range(2000):
        clock.now += 0.01
        if turn % 7 == 0 and turn % 500 < 400:
            value = round(-60.0 + len(edited) * 0.05, 2)
            state.set(GAIN, value)
            edited.append((clock.now, value))
        if journal.step():
            writes.append(clock.now)
        due = [value for at, value in edited if at <= clock.now - 1.0]
        if due:
            kept = read_journal(journal.path)[0][GAIN]
            values = [value for _, value in edited]
            assert values.index(kept) + 1 >= len(due)
    assert min(b - a for a, b in itertools.pairwise(writes)) > 0.74
    assert read_journal(journal.path)[0][GAIN] == edited[-1][1]


def test_next_start_restores_and_says_so(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('[scenes.A]\n"/bypass" = true\n"/stem/drums/gain" = -6\n')
    clock, state = Clock(), control()
    book = SceneBook(path, state, clock)
    book.recall("A")
    state.set_many({"/stem/drums/gain": -9, "/song/index": 3, "/record": True})
    book.journal.step()
    fresh = control()
    again = SceneBook(path, fresh, clock)
    sentence = again.start()
    assert "did not end by itself" in sentence
    assert fresh.snapshot() == state.snapshot()
    assert (fresh.get("/scene"), fresh.get("/song/index"), fresh.get("/record")) == ("A", 3, False)
    again.close()


def test_good_end_begins_afresh(tmp_path):
    state = control()
    book = SceneBook(tmp_path / "s.toml", state)
    assert book.start() == ""
    state.set(GAIN, -20)
    book.close()
    assert list(tmp_path.iterdir()) == []


def test_damaged_journal_is_put_aside(tmp_path):
    path = tmp_path / "now"
    for damage in (b"\xff\xfe", b"values = 3\n", b"[values]\nx = ", b"", b"\0" * 4096):
        path.write_bytes(damage)
        state = control()
        sentence = Journal(path, state).restore()
        assert "can't be restored" in sentence
        assert state.snapshot() == control().snapshot()
        assert (tmp_path / "now.damaged").read_bytes() == damage
        assert not path.exists()


def test_values_that_do_not_fit_are_left_out(tmp_path):
    path = tmp_path / "now"
    path.write_text('[values]\n"/stem/piano/gain" = -3\n"/policy" = "loud"\n"/bypass" = true\n"/record" = true\n')
    state = control()
    Journal(path, state).restore()
    assert state.get("/bypass") is True
    assert state.get("/record") is False


def test_full_disk_is_told_and_tried_again(tmp_path, monkeypatch):
    clock, state = Clock(), control()
    journal = Journal(tmp_path / "now", state, clock)
    state.set(GAIN, -20)
    with monkeypatch.context() as patch:

        def full(_):
            raise OSError(28, "No space left on device")

        patch.setattr(os, "fsync", full)
        journal.step()
    assert "disk is full" in journal.trouble
    clock.now += 1.0
    journal.step()
    assert journal.trouble == ""
    assert read_journal(journal.path)[0][GAIN] == -20


CHILD = """
import sys, time
from pathlib import Path
from rtiass.control import Control, vocabulary, journal
from rtiass.control.scenes import SceneBook
journal.EVERY = 0.0
control = Control(vocabulary(("vocals", "drums"), ["mix"]))
book = SceneBook(Path(sys.argv[1]), control)
book.journal.run()
control.set("/stem/vocals/gain", -60.0)
while not book.journal.path.exists():
    time.sleep(0.001)
n = 0
while True:
    n += 1
    control.set("/stem/vocals/gain", -50 + n % 500 / 10)
    if n % 200 == 0:
        book.save(f"Scene {n // 200 % 3}")
        print(n, flush=True)
"""


def test_killed_at_any_moment_both_files_are_whole(tmp_path):
    path = tmp_path / "s.toml"
    for saves in (1, 2, 5, 8):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CHILD), str(path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(saves):
            assert child.stdout.readline().strip()
        child.kill()
        child.wait()
        child.stdout.close()
        book = SceneBook(path, Control(vocabulary(("vocals", "drums"), ["mix"])))
        assert len(book.names) >= min(saves, 3)
        assert GAIN in read_journal(book.journal.path)[0]
