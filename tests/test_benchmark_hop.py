"""benchmarks/hop.py holds whole hops against their goals, in a tight loop and on the clock of the sound."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import hop
from rtiass.stft import MODES, RATE

ROOT = Path(__file__).parent.parent


def times(hop_ms: float, step_ms: float) -> np.ndarray:
    return np.repeat([[hop_ms], [step_ms], [hop_ms - step_ms]], 60, axis=1)


def test_goals_of_both_modes_and_both_loops() -> None:
    period = {mode: 1e3 * MODES[mode].hop / RATE for mode in MODES}
    found = {
        ("live", hop.TIGHT): times(0.04 * period["live"], 0.5),
        ("live", hop.PACED): times(0.06 * period["live"], 0.5),
        ("instant", hop.TIGHT): times(0.2 * period["instant"], 0.5),
        ("tight", hop.TIGHT): times(1.0, 0.75),
    }
    text = hop.report(found, "band", "swift", "A quiet machine.")
    assert "| hop in `live`, tight loop: of one core | 5.0% | 4.0% | met |" in text
    assert "| hop in `live`, paced: of one core | 5.0% | 6.0% | not met |" in text
    assert "| hop in `instant`, tight loop: of one core | 25.0% | 20.0% | met |" in text
    assert "| hop in `instant`, paced: of one core | 25.0% | – | not measured |" in text
    assert "| `tight` | tight loop | 60 | 1.000 / 1.000 | 0.750 / 0.750 | 0.250 / 0.250 | 8.6% |" in text
    assert "A quiet machine." in text and "`swift`" in text


def test_the_whole_way_of_a_short_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(hop, "WARM_UP", 4)
    words = ["instant", "--engine", "onnxruntime", "--seconds", "0.05", "-o", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["hop.py", *words])
    hop.main()
    text = (tmp_path / "out" / "hop.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == text
    rows = [line for line in text.splitlines() if line.startswith("| `instant` |")]
    assert [line.split("|")[2].strip() for line in rows] == [hop.TIGHT, hop.PACED]
    for line in rows:
        whole, step, rest = (float(cell.split("/")[0]) for cell in line.split("|")[4:7])
        assert whole >= step > 0 and rest > 0
    assert len(re.findall(r"\| (met|not met) \|", text)) == 2
    assert "Other processes meanwhile" in text or "isn't told" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nosuch"], "There is no mode 'nosuch'. Choose from studio, live"),
        (["live", "--engine", "nosuch"], "no engine named 'nosuch'"),
        (["live", "--model", "nosuch"], "no model 'nosuch'"),
    ],
)
def test_what_isnt_there_is_a_sentence(words: list[str], told: str) -> None:
    command = [sys.executable, "benchmarks/hop.py", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert told in done.stderr and "Traceback" not in done.stderr
