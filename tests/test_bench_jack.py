"""Played on a JACK server of its own: what the loop-back measures is what the host tells, and everything is counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jack_server import install_test_engine, needs_jack
from typer.testing import CliRunner

from rtiass.bench.firstsound import _start
from rtiass.cli import app
from rtiass.stft import MODES

pytestmark = pytest.mark.jack


def test_measured_is_reported(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_jack()
    install_test_engine(tmp_path / "site", monkeypatch)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    # One start of three: compiling anew takes its time.
    monkeypatch.setattr("rtiass.bench.run.first_sounds", lambda options: iter([_start("once", options, {})]))
    words = ["-m", str(tiny_bundle), "--engine", "livetest", "--mode", "live", "--seconds", "2", "-o", str(tmp_path)]
    result = CliRunner().invoke(app, ["bench", "latency", *words, "--jack-dummy", "--block", "512"])
    assert result.exit_code == 0, result.output
    plain = json.loads((tmp_path / "report.json").read_text())
    assert "JACK server without a sound card" in plain["device"]
    expected = {mode: 512 + 256 + MODES[mode].window for mode in ("live",)}
    assert {r["mode"]: (r["reported"], r["measured"], r["difference"]) for r in plain["loopback"]} == {
        mode: (samples, samples, 0) for mode, samples in expected.items()
    }
    assert {r["mode"]: r["latency_samples"] for r in plain["live"]} == expected
    for row in plain["live"]:
        assert (row["block"], row["headroom"], row["rate"]) == (512, 256, 44100.0)
        assert row["callbacks"] > 0 and row["mask_age"]["count"] > 0
        assert set(row["start"]) == {"underruns", "late_masks", "skipped_frames", "xruns", "callbacks"}
        assert row["memory_mb"] > 0
        assert 0 < row["step"][0] <= row["step"][1] <= row["step"][2]
    (start,) = plain["starts"]
    assert start["what"] == "once"
    assert start["sound_s"] > 0
