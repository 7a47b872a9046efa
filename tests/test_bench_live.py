"""What is played: on which engine, to the end or not, and what is kept when nothing can be played."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from bench_rows import paced, played

from rtiass.bench import liverun
from rtiass.bench.compute import Times
from rtiass.bench.liverun import noise, play
from rtiass.bench.results import ComputeRow, LiveRow
from rtiass.bench.run import Plan, run
from rtiass.errors import UserError
from rtiass.live.options import LiveOptions
from rtiass.live.status import FAILED, Status
from rtiass.stft import RATE


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute is not measured; what ``auto`` takes is the engine ``swift``."""

    def compute(model: str, engine: str, *_: object, **__: object) -> Iterator[tuple[ComputeRow, Times]]:
        yield paced("live", engine="swift"), Times(0.1, 0.1, 0.1, [0.001], [0.001], [0.001])

    monkeypatch.setattr("rtiass.bench.run.compute", compute)


def test_auto_plays_what_it_took_before(computed: None, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def play(options: LiveOptions, *_: object, **__: object) -> LiveRow:
        asked.append(options.engine)
        return played()

    monkeypatch.setattr("rtiass.bench.run.play", play)
    run(Plan(models=(str(tiny_bundle),), modes=("live",), starts=False, live_seconds=0.1))
    assert asked == ["swift"]


def test_without_a_server_what_was_computed_is_kept(
    computed: None, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoServer:
        def __init__(self, block: int) -> None:
            pass

        def __enter__(self) -> None:
            raise UserError("jackd did not start.")

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("rtiass.bench.run.JackServer", NoServer)
    plan = Plan(models=(str(tiny_bundle),), modes=("live",), live_seconds=0.1, jack_dummy=True, blocks=(64,))
    report = run(plan).report
    assert [row.engine for row in report.compute] == ["swift"]
    assert report.failed == ["time to first sound", "everything live, blocks of 64"]
    assert report.reasons == [f"{what}: jackd did not start." for what in report.failed]


def test_a_host_that_ends_too_early_gives_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        state = SimpleNamespace(get=lambda name: 0)
        pid = None
        status = Status(FAILED, "The network is gone.", {"model": "tiny"})

        def __init__(self, options: LiveOptions) -> None:
            pass

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait_until_playing(self, timeout: float) -> None:
            pass

        def latency(self) -> dict[str, float]:
            return {"driver_output": 0.0}

    monkeypatch.setattr(liverun, "LiveHost", Broken)
    monkeypatch.setattr(liverun, "SETTLE", 0.0)
    with pytest.raises(UserError, match=r"did not play to the end\. The network is gone\."):
        play(LiveOptions(), 0.0)


def test_noise_is_as_long_as_asked_for_and_different_on_both_sides(tmp_path: Path) -> None:
    noise(tmp_path / "noise.wav", 2.5)
    sound, rate = soundfile.read(tmp_path / "noise.wav")
    assert rate == RATE and len(sound) >= 2.5 * RATE
    left, right = sound.T
    assert 0.5 < np.corrcoef(left, right)[0, 1] < 0.95
    # It does not repeat itself.
    assert not np.array_equal(left[:RATE], left[RATE : 2 * RATE])


def test_noise_without_room_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be written"):
        noise(tmp_path / "nowhere" / "noise.wav", 1.0)


def test_a_mode_whose_playing_failed_is_not_recommended(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compute(*_: object, **__: object) -> Iterator[tuple[ComputeRow, Times]]:
        yield paced("live", model="tiny", engine="swift"), Times(0.1, 0.1, 0.1, [0.001], [0.001], [0.001])

    def play(*_: object, **__: object) -> LiveRow:
        raise UserError("The live host did not play to the end.")

    monkeypatch.setattr("rtiass.bench.run.compute", compute)
    monkeypatch.setattr("rtiass.bench.run.play", play)
    plan = Plan(models=(str(tiny_bundle),), modes=("live",), starts=False, live_seconds=0.1)
    (sentence,) = run(plan).report.advice
    assert "`live` could not be played" in sentence and "Recommended" not in sentence
    (sentence,) = run(plan, "There is no device.").report.advice
    assert "Recommended: `live`" in sentence
