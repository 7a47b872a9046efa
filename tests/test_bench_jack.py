"""Played on a JACK server of its own: what the loop-back measures is what the host tells, and everything is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from jack_server import install_test_engine, needs_jack

from rtiass.bench.firstsound import _start
from rtiass.bench.run import Plan, check, run
from rtiass.stft import MODES

pytestmark = pytest.mark.jack


def test_measured_is_reported(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_jack()
    install_test_engine(tmp_path / "site", monkeypatch)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    # One start of three: compiling anew takes its time.
    monkeypatch.setattr("rtiass.bench.run.first_sounds", lambda options: iter([_start("once", options, {})]))
    plan = Plan(
        models=(str(tiny_bundle),), modes=("ultra",), engines=("livetest",), live_seconds=2.0, jack_dummy=True,
        blocks=(512,), paced=False,
    )  # fmt: skip
    check(plan)
    told: list[str] = []
    report = run(plan, tell=lambda what, seconds: told.append(what)).report
    assert report.failed == report.reasons == []
    assert told == ["time to first sound", "tiny live on livetest, ultra, blocks of 512", "loop-back, blocks of 512"]
    assert "JACK server without a sound card" in report.device
    expected = 512 + 256 + MODES["ultra"].window
    (loop,), (live,), (start,) = report.loopback, report.live, report.starts
    assert (loop.mode, loop.reported, loop.measured, loop.difference) == ("ultra", expected, expected, 0)
    assert (live.block, live.headroom, live.rate, live.latency_samples) == (512, 256, 44100.0, expected)
    assert live.callbacks > 0 and live.mask_age.count > 0
    assert set(live.start) == {"underruns", "late_masks", "skipped_frames", "xruns", "callbacks"}
    assert live.memory_mb is not None and live.memory_mb > 0
    median, p99, most = live.step
    assert 0 < median <= p99 <= most
    assert (start.what, start.sound_s > 0) == ("once", True)
