"""Summary, table and picture of benchmarks/peers.py."""

import json
from pathlib import Path

import pytest

from benchmarks.peering.picture import draw
from benchmarks.peering.report import HEAD, summary, table
from benchmarks.peering.roster import Row
from benchmarks.peering.rounds import Measured


def run(number: int, seconds: float, threads: int = 1, latency: float | None = 46.4) -> dict:
    return {
        "round": number, "threads": threads, "seconds": seconds, "audio_seconds": 10.0, "peak_mb": 100.0 + number,
        "net_mb": 20.0, "parameters": 790_000, "latency_ms": latency, "latency_known": "formula: a window",
        "streams": latency is not None, "weights": "own",
    }  # fmt: skip


@pytest.fixture
def rows() -> list[dict]:
    # A machine that is twice as slow in its second round: the ratio stays.
    ours = Measured(Row("band live", Path(), ours=True, family="band (swift)"), [run(0, 0.5), run(1, 1.0), run(2, 0.6)])
    peer = Measured(
        Row("peer", Path()),
        [run(0, 5.0, latency=None), run(1, 10.0, latency=None), run(2, 6.0, latency=None), run(0, 3.0, 2, None)],
    )
    absent = Measured(Row("absent", Path()))
    absent.fail("not installed: no such package")
    ours.errors[2] = "2 threads need 2 cores, and there are 1"
    return [summary(entry, ours) for entry in (ours, peer, absent)]


def test_medians_minima_and_ratios_within_a_round(rows):
    ours, peer, _ = rows
    assert ours["compute"] == {"1": {"median_ms": pytest.approx(60), "min_ms": pytest.approx(50), "rounds": 3}}
    assert ours["times_yardstick"] == 1.0
    assert peer["compute"]["1"]["median_ms"] == pytest.approx(600)
    assert peer["compute"]["2"]["median_ms"] == pytest.approx(300)
    assert peer["times_yardstick"] == pytest.approx(10)
    assert (ours["peak_mb"], ours["net_mb"]) == (101.0, 20.0)


def test_the_table_has_a_row_for_each_and_says_why_one_is_empty(rows):
    lines = table(rows, "band live").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert {len(row) for row in cells} == {len(HEAD)}
    assert cells[0][5] == "times band live"
    assert cells[2] == ["band live", "own", "yes", "46.4 ms", "60 (50)", "1.00", "–", "101 (20)", "0.79 M"]
    assert cells[3][2:7] == ["no", "whole song", "600 (500)", "10", "300 (300)"]
    assert cells[4] == ["absent", *["–"] * 8]
    assert lines.count("- absent: not installed: no such package.") == 1
    assert "- band live, 2 threads: 2 threads need 2 cores, and there are 1." in lines
    assert "- peer: heard 10.0 s; latency (formula: a window)." in lines


def test_the_summary_goes_into_json_and_back(rows):
    assert json.loads(json.dumps(rows)) == rows


def test_a_picture_is_drawn_of_what_was_measured(rows, tmp_path):
    draw(rows, 57.6, tmp_path / "peers.png")
    assert (tmp_path / "peers.png").read_bytes().startswith(b"\x89PNG")
