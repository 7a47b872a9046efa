"""benchmarks/peers.py from end to end, with peers that install nothing, and a tiny model of ours; no network."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.peering.environments import MARK, PeerError, prepare
from benchmarks.peering.roster import Environment, own_rows, read_roster

ROOT = Path(__file__).parent.parent
ANSWER = {
    "seconds": 2.0, "audio_seconds": 1.0, "peak_mb": 50.0, "net_mb": 10.0, "parameters": 5, "latency_ms": 7800.0,
    "latency_known": "documented", "streams": False, "weights": "random",
}  # fmt: skip
ROSTER = """
[environments.empty]
pins = "empty.txt"
[environments.wrong]
pins = "wrong.txt"
[[rows]]
name = "fake"
environment = "empty"
adapter = "fake.py"
[[rows]]
name = "broken"
adapter = "broken.py"
[[rows]]
name = "never installed"
environment = "wrong"
adapter = "fake.py"
"""


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    (tmp_path / "empty.txt").write_text("# nothing\n")
    (tmp_path / "wrong.txt").write_text("this is no requirement!\n")
    (tmp_path / "fake.py").write_text(
        f"import json, sys; assert 'site-packages' in sys.path[-1]\nprint({json.dumps(json.dumps(ANSWER))})\n"
    )
    (tmp_path / "broken.py").write_text("raise SystemExit('its file is damaged')\n")
    path = tmp_path / "roster.toml"
    path.write_text(ROSTER)
    return path


def test_a_run_measures_ours_and_peers_and_says_what_failed(tmp_path, roster, tiny_bundle):
    command = [sys.executable, "benchmarks/peers.py", "--roster", str(roster), "--envs", str(tmp_path / "envs")]
    command += ["--model", str(tiny_bundle), "--mode", "live", "--mode", "tight", "--seconds", "1", "--rounds", "1"]
    command += ["--yardstick", "tiny live (onnxruntime)", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "out" / "peers.json").read_text())
    rows = {row["name"]: row for row in facts["rows"]}
    ours = [f"tiny {mode} ({engine})" for engine in ("onnxruntime", "compiled") for mode in ("live", "tight")]
    assert list(rows) == [*ours, "fake", "broken", "never installed"]
    assert rows["tiny live (onnxruntime)"]["latency_ms"] == pytest.approx(1000 * 2048 / 44100)
    assert rows["tiny tight (onnxruntime)"]["latency_ms"] == pytest.approx(1000 * 1024 / 44100)
    assert rows["tiny live (onnxruntime)"]["audio_seconds"] == pytest.approx(0.1, abs=0.001)
    assert rows["tiny live (onnxruntime)"]["times_yardstick"] == 1.0
    assert rows["tiny live (onnxruntime)"]["streams"] and rows["tiny live (onnxruntime)"]["weights"] == "own"
    assert rows["fake"]["compute"]["1"]["median_ms"] == 2000
    # It has no weights, which that engine needs.
    assert "which is not compiled here" in rows["tiny live (compiled)"]["errors"]["1"]
    assert set(rows["tiny live (compiled)"]["errors"]) == {"1"}
    assert rows["broken"]["errors"]["1"] == "failed: its file is damaged"
    for why in rows["never installed"]["errors"].values():
        assert why.startswith("not installed: ") and "requirement" in why
    text = (tmp_path / "out" / "peers.md").read_text()
    assert text in done.stdout + "\n"
    assert "the demo song: a real voice over sampled instruments" in text
    assert (tmp_path / "out" / "peers.png").exists()
    assert not (tmp_path / "envs" / "wrong").exists()


def test_an_environment_is_used_again_until_what_goes_into_it_changes(tmp_path):
    pins = tmp_path / "pins.txt"
    pins.write_text("# nothing\n")
    python = prepare(Environment("one", (), pins), tmp_path / "envs")
    mark = tmp_path / "envs" / "one" / MARK
    stamp = mark.stat().st_mtime_ns
    assert prepare(Environment("one", (), pins), tmp_path / "envs") == python
    assert mark.stat().st_mtime_ns == stamp
    pins.write_text("this is no requirement!\n")
    with pytest.raises(PeerError, match="not installed: "):
        prepare(Environment("one", (), pins), tmp_path / "envs")
    assert not python.exists()


@pytest.mark.parametrize("name", ["no.wav", "empty.wav"])
def test_a_song_without_sound_ends_it_at_once(tmp_path, roster, name):
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 2)), 44100)
    command = [sys.executable, "benchmarks/peers.py", "--roster", str(roster), "--song", str(tmp_path / name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--roster", "missing.toml"], "The roster missing.toml can't be used"),
        (["--roster", "benchmarks/peers.py"], "The roster benchmarks/peers.py can't be used"),
        (["--model", "nosuch"], "no model 'nosuch'"),
        (["--engine", "nosuch"], "no engine named 'nosuch'"),
        (["--yardstick", "band live"], "Choose one of 'band studio (onnxruntime)', 'band live (onnxruntime)'"),
    ],
)
def test_what_isnt_there_is_a_sentence(words, told):
    command = [sys.executable, "benchmarks/peers.py", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_environment_without_pins_is_refused(tmp_path):
    path = tmp_path / "roster.toml"
    path.write_text("[environments.bare]\nfirst = []\n")
    with pytest.raises(ValueError, match="'bare' needs pins"):
        read_roster(path)


def test_the_roster_that_ships_names_files_that_are_there():
    rows = read_roster()
    assert len(rows) >= 8
    assert all(row.adapter.exists() for row in [*rows, *own_rows(["band"], ["live"])])
    assert all(row.environment.pins.exists() for row in rows if row.environment)


def test_a_roster_that_names_no_such_environment_is_refused(tmp_path):
    path = tmp_path / "roster.toml"
    path.write_text('[[rows]]\nname = "x"\nadapter = "x.py"\nenvironment = "nowhere"\n')
    with pytest.raises(ValueError, match="no environment 'nowhere'"):
        read_roster(path)
