"""Adapters of benchmarks/peers.py: one line of JSON from a process of its own, whatever a peer prints."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peering.environments import PeerError
from benchmarks.peering.roster import Row
from benchmarks.peering.rounds import run_once

FAKE = """
import sys
import numpy as np
import meter

def load(options):
    print("a peer that talks")
    table = np.ones(1 + int(options.extra) * 1_000_000)  # 8 MB each

    def process(sound):
        print("and talks", len(sound), sound.dtype, sound.shape[1], table[0])
        print("heard", len(sound), file=sys.stderr)

    return meter.System(process, 12, 0.25, "formula: none", streams=True, weights="random")

meter.run(load, lambda parser: parser.add_argument("--extra", default="0"))
"""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.npy"
    np.save(path, np.zeros((44100, 2), np.float32))
    return path


def measure(tmp_path: Path, song: Path, script: str, *arguments: str, timeout: float = 30.0, seconds: float = 0.5):
    adapter = tmp_path / "adapter.py"
    adapter.write_text(script)
    row = Row("fake", adapter, arguments, share=0.5)
    return run_once(row, Path(sys.executable), song, seconds, 1, tmp_path, timeout)


def test_an_answer_has_what_was_measured_and_what_is_known(tmp_path, song):
    answer = measure(tmp_path, song, FAKE)
    assert answer["audio_seconds"] == 0.25  # the row's share of half a second
    assert answer["seconds"] > 0
    assert answer["cpu_seconds"] >= 0
    known = ("latency_ms", "latency_known", "streams", "weights", "parameters")
    assert [answer[key] for key in known] == [250.0, "formula: none", True, "random", 12]


def test_memory_without_importing_is_what_the_system_took(tmp_path, song):
    small, large = measure(tmp_path, song, FAKE), measure(tmp_path, song, FAKE, "--extra", "10")
    assert 0 <= small["net_mb"] < small["peak_mb"]
    assert large["net_mb"] - small["net_mb"] == pytest.approx(80, abs=8)


def test_a_shorter_song_is_heard_to_its_end(tmp_path, song):
    assert measure(tmp_path, song, FAKE, seconds=20.0)["audio_seconds"] == 1.0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("raise SystemExit('no such network')", "failed: no such network"),
        ("import no_such_package", "No module named 'no_such_package'"),
        ("print('hello')", "one line of JSON"),
        ("print('{}')", "lacks what was measured"),
        ("print('3')", "one line of JSON"),
    ],
)
def test_a_peer_that_fails_says_why(tmp_path, song, script, said):
    with pytest.raises(PeerError, match="failed: ") as error:
        measure(tmp_path, song, script)
    assert said in str(error.value)


def test_a_peer_that_hangs_is_stopped(tmp_path, song):
    with pytest.raises(PeerError, match="stopped after 0"):
        measure(tmp_path, song, "import time; time.sleep(60)", timeout=0.3)
