"""Three minutes of a show with hands on all faders: every sample is the replay's, no memory or handle is lost.

Most of it as fast as JACK goes, for that is the same path with the same traffic; the rest in real time, beside processes
that only spin. The long one is ``benchmarks/soak.py``. ``RTIASS_SOAK_SECONDS`` sets another length.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from jack_server import JackServer, needs_jack

for module, extra in (
    ("jack", "dev"),
    ("rtmidi", "midi"),
    ("pythonosc", "osc"),
    ("starlette", "remote"),
    ("websockets", "remote"),
):
    pytest.importorskip(module, reason=f"{module} is not installed (pip install 'rtiass[{extra}]')")
if sys.platform != "linux":
    pytest.skip("looks at /proc", allow_module_level=True)

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

from soak_judge import SAME, violations  # noqa: E402
from soak_run import Phase, Plan, soak  # noqa: E402

pytestmark = pytest.mark.jack

SECONDS = float(os.environ.get("RTIASS_SOAK_SECONDS", "180"))
SHARES = {"live": 0.75, "instant": 0.2}
"""Of the sound; what is left is played in real time."""

BURNERS = (1, 2)


@pytest.fixture
def run(tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    needs_jack()
    server = JackServer(512)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    assert server.process is not None
    pid = server.process.pid
    yield lambda mode, phases, **more: soak(Plan(mode, 512, phases, tmp_path, model=str(tiny_bundle), **more), pid)
    server.close()


@pytest.mark.parametrize("mode", SHARES)
def test_every_sample_is_that_of_the_replay(run: Any, mode: str) -> None:
    row = run(mode, (Phase(0, SHARES[mode] * SECONDS),), freewheel=True)
    # Nothing is late where nothing has to be in time.
    assert violations(row, idle=True) == []
    assert all(row[name]["excluded"] == 0 for name in SAME)
    assert row["replay"]["largest"] == 0.0
    assert row["replay"]["compared"] > 0.9 * SHARES[mode] * SECONDS * 44100
    assert set(row["memory"]) == {"host", "audio process", "recording process"}


def test_beside_burners_nothing_is_silent_and_nothing_wrong_is_uncounted(run: Any) -> None:
    seconds = (1.0 - sum(SHARES.values())) * SECONDS / len(BURNERS)
    row = run("instant", tuple(Phase(count, seconds) for count in BURNERS), watch_every=0.5)
    if row["direct"]["wrong"]:
        pytest.skip("this machine is too busy for the test's own player")
    assert violations(row, idle=False) == []
    assert [counts["burners"] for counts in row["counts"]] == list(BURNERS)
    assert row["silence"] == 0
    # Only what is counted may be left out of a comparison.
    if row["incidents"] == 0:
        assert all(row[name]["excluded"] == 0 for name in SAME)
