"""``rtiass bench latency``: what it writes, what it tells without a device, and how it ends."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_rows import paced
from jack_server import install_test_engine
from typer.testing import CliRunner, Result

from rtiass.bench.command import spoken
from rtiass.bench.compute import LEAST, Times
from rtiass.bench.results import ComputeRow
from rtiass.bench.run import Plan
from rtiass.cli import app
from rtiass.errors import UserError
from rtiass.live.device import DeviceError
from rtiass.stft import MODES, RATE


@pytest.fixture(autouse=True)
def no_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The test engine is known, here and in processes, and no sound comes out of anything."""
    install_test_engine(tmp_path / "site", monkeypatch)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    def none(*arguments: object, **options: object) -> None:
        raise DeviceError("There is no audio output device here.")

    monkeypatch.setattr("rtiass.live.rig.find_devices", none)


def bench(*words: str) -> Result:
    return CliRunner().invoke(app, ["bench", "latency", *words])


def test_report_of_an_engine_without_a_device(tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "a" / "report"
    words = ["-m", str(tiny_bundle), "--engine", "livetest", "--mode", "ultra", "--mode", "live", "--seconds", "0.2"]
    result = bench(*words, "--threads", "2", "-o", str(out))
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == ["histogram.png", "report.json", "report.md"]
    assert "No device was measured, only compute. There is no audio output device here." in result.stdout
    assert "tiny on livetest: live playing has one thread." in result.stdout and "This takes about" in result.stderr
    plain = json.loads((out / "report.json").read_text())
    compute = plain["compute"]
    assert [(r["model"], r["engine"], r["threads"], r["mode"]) for r in compute] == [
        ("tiny", "livetest", 2, mode) for mode in ("live", "ultra")
    ]
    for row in compute:
        wanted = math.ceil(0.2 * RATE / MODES[row["mode"]].hop)
        # On a busy machine it ends before it takes twice the time.
        assert LEAST <= row["frame"]["count"] == row["hop"]["count"] == row["both"]["count"] <= wanted
        assert 0 < row["frame"]["p50_ms"] <= row["frame"]["max_ms"] <= row["both"]["max_ms"]
    assert plain["live"] == plain["loopback"] == plain["starts"] == plain["failed"] == []
    assert plain["models"] == {"tiny": "1"}
    assert (out / "report.md").read_text().count("| `live` |") == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--engine", "nothing"], "no engine named 'nothing'"),
        (["--engine", "livetest:fast"], "has no options"),
        (["-m", "nothing"], "no model 'nothing'"),
        (["--threads", "1,x"], "as in --threads 1,2"),
        (["--device", "9"], "no audio output device"),
        (["--device", "9", "--jack-dummy"], "either --device or --jack-dummy"),
        (["--mode", "nothing"], "nothing"),
    ],
)
def test_mistakes_are_told_before_anything_is_run(words: list[str], told: str, tmp_path: Path) -> None:
    result = bench(*words, "-o", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert told in result.output and "Traceback" not in result.output
    assert not list(tmp_path.glob("out/*"))


def test_a_folder_that_cannot_be_made(tiny_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = bench("-m", str(tiny_bundle), "--engine", "livetest", "-o", str(tmp_path / "file" / "x"))
    assert result.exit_code == 2
    assert "can't be made" in result.output


def test_a_folder_that_cannot_be_written(tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("rtiass.bench.output.TemporaryFile", refuse)
    monkeypatch.setattr("rtiass.bench.run.compute", lambda *_, **__: pytest.fail("it was measured"))
    result = bench("-m", str(tiny_bundle), "--engine", "livetest", "-o", str(tmp_path))
    assert result.exit_code == 2
    assert "can't be written: Permission denied. Choose another with -o." in result.output


@pytest.mark.parametrize(
    ("words", "modes"), [([], list(MODES)), (["--mode", "paper", "--mode", "live"], ["live", "paper"])]
)
def test_modes_that_are_measured(
    words: list[str], modes: list[str], tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compute(*order: object, **_: object) -> Iterator[tuple[ComputeRow, Times]]:
        assert order[3] == modes
        for mode in modes:
            yield paced(mode), Times(0.1, 0.1, 0.1, [0.001], [0.001], [0.001])

    monkeypatch.setattr("rtiass.bench.run.compute", compute)
    result = bench("-m", str(tiny_bundle), "--engine", "livetest", *words, "-o", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert [row["mode"] for row in json.loads((tmp_path / "report.json").read_text())["compute"]] == modes


def test_what_fails_is_told_and_the_rest_goes_on(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def compute(model: str, engine: str, threads: int, *_: object, **__: object) -> Iterator[tuple[ComputeRow, Times]]:
        asked.append((engine, threads))
        yield paced("live", engine=engine, threads=threads), Times(0.1, 0.1, 0.1, [0.001], [0.001], [0.001])
        if engine == "onnxruntime":
            raise UserError(f"The file {tmp_path} is broken.")
        yield paced("instant", engine=engine, threads=threads), Times(0.1, 0.1, 0.1, [0.001], [0.001], [0.001])

    monkeypatch.setattr("rtiass.bench.run.compute", compute)
    words = ["-m", str(tiny_bundle), "--engine", "onnxruntime", "--engine", "livetest", "--threads", "1,2"]
    result = bench(*words, "--mode", "live", "--mode", "instant", "-o", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert asked == [("onnxruntime", 1), ("onnxruntime", 2), ("livetest", 1), ("livetest", 2)]
    assert "Error: tiny on onnxruntime, 1 thread: The file" in result.stderr and "Traceback" not in result.output
    plain = json.loads((tmp_path / "out/report.json").read_text())
    # What came before the failure is kept.
    assert [(row["engine"], row["mode"]) for row in plain["compute"]] == [
        *[("onnxruntime", "live")] * 2, *[("livetest", "live"), ("livetest", "instant")] * 2,
    ]  # fmt: skip
    assert plain["failed"] == ["tiny on onnxruntime, 1 thread", "tiny on onnxruntime, 2 threads"]
    assert str(tmp_path) not in json.dumps(plain) and str(tiny_bundle) not in json.dumps(plain)


def test_the_time_that_is_told_grows_with_what_is_asked_for() -> None:
    small = Plan(seconds=10.0, live_seconds=10.0)
    assert 50.0 < small.duration(device=False) < small.duration(device=True)
    assert Plan(seconds=10.0, threads=(1, 2)).duration(device=False) == 2 * small.duration(device=False)
    assert small.duration(device=True) - small.duration(device=False) > 50.0
    assert (spoken(62.4), spoken(410), spoken(9000)) == ("62 seconds", "7 minutes", "2.5 hours")


def test_head_rooms_are_tried_with_the_first_block_only() -> None:
    plan = Plan(modes=("studio", "live"), blocks=(128, 256), headrooms=(0, 256))
    assert plan.cases(128) == [("studio", 256), ("live", 256), ("live", 0)]
    assert plan.cases(256) == [("studio", 256), ("live", 256)]
