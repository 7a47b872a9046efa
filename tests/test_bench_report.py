"""The report: every table with its counts, a dash for what isn't known, and nothing that tells whose machine it is."""

from __future__ import annotations

import getpass
import json
import platform
from dataclasses import replace
from pathlib import Path

from bench_rows import paced, played, report, times

from rtiass.bench.machine import describe
from rtiass.bench.text import block_table, frame_table, headroom_table, hop_table, live_table, loop_table, markdown


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows(table: str) -> list[dict[str, str]]:
    heads, _, *body = table.splitlines()
    assert all(len(cells(line)) == len(cells(heads)) for line in body)
    return [dict(zip(cells(heads), cells(line), strict=True)) for line in body]


def test_frames() -> None:
    few = replace(paced("ultra"), frame=times(1.0, 1.5, None, 2.0, 500))
    found = rows(frame_table([paced(), few]))
    assert found[0] == {
        "model": "band", "engine, threads": "onnxruntime, 1", "mode": "`live`", "steps": "1200", "p50": "1.25",
        "p99": "1.50", "p99.9": "1.75", "max": "3.50", "cold": "7.50", "open": "42", "time there is": "23.22",
        "p50 share": "5%",
    }  # fmt: skip
    assert (found[1]["steps"], found[1]["p99.9"], found[1]["time there is"]) == ("500", "–", "5.80")


def test_hops_never_fit_more_often_than_they_do() -> None:
    found = rows(hop_table([paced(both=23.22 / 7.98, overruns=3)]))[0]
    assert (found["fits"], found["too long"], found["real-time factor"], found["p99.9"]) == (
        "7.9",
        "3",
        "0.062",
        "0.35",
    )


def test_what_was_late_at_the_start_is_told_apart() -> None:
    found = rows(live_table([played(late_masks=4, underruns=1)]))[0]
    assert (found["late masks"], found["xruns"], found["underruns"], found["skipped"]) == ("4 (1)", "0 (2)", "1", "0")
    assert found["host latency"] == "2560 (58.0 ms)"


def test_loopback_has_a_difference_or_a_dash() -> None:
    found = rows(loop_table(report()))
    assert [(r["reported"], r["measured"], r["difference"]) for r in found] == [
        ("2560", "2560", "0"),
        ("768", "–", "–"),
    ]


def test_blocks_and_headrooms_are_tables_of_their_own() -> None:
    live = [played(block=128, callbacks=1000), played(block=512, late_masks=2), played(block=128, headroom=0, xruns=7)]
    assert rows(block_table(live)) == [
        {"model, engine": "band, onnxruntime", "mode": "`live`", "128 (1000 callbacks)": "0 / 0 / 0 / 0",
         "512 (517 callbacks)": "0 / 2 / 0 / 0"},
    ]  # fmt: skip
    by_headroom = rows(headroom_table(live))
    assert [(r["head-room, blocks of 128"], r["`live`"]) for r in by_headroom] == [
        ("0", "0 / 0 / 0 / 7"), ("256", "0 / 0 / 0 / 0"),
    ]  # fmt: skip
    text = markdown(report(live=live))
    assert block_table(live) in text and headroom_table(live) in text


def test_markdown_holds_every_part_and_only_those() -> None:
    text = markdown(report(), "histogram.png")
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads[1:] == [
        "## Time to first sound",
        "## Network frames",
        "## Audio hops",
        "## Played live",
        "## Loop-back",
    ]
    assert "![Histogram of network steps](histogram.png)" in text
    assert "Quick 9000, 4 cores, Linux x86_64 6.1, governor performance" in text and "models band 0.2.0" in text
    bare = markdown(report(live=[], loopback=[], starts=[], failed=["band on x"]))
    assert "## Played" not in bare and "histogram" not in bare and "- band on x" in bare


def test_json_can_be_read_back() -> None:
    plain = json.loads(json.dumps(report(reasons=["/home/somebody/x is gone"]).as_plain(), allow_nan=False))
    assert plain["schema"] == 1
    assert set(plain) == {
        "schema", "machine", "models", "device", "compute", "live", "loopback", "starts", "advice", "failed",
    }  # fmt: skip
    assert plain["compute"][0]["frame"] == {
        "count": 1200, "p50_ms": 1.25, "p99_ms": 1.5, "p999_ms": 1.75, "max_ms": 3.5,
    }  # fmt: skip
    assert [loop["difference"] for loop in plain["loopback"]] == [0, None]
    assert plain["live"][0]["start"]["late_masks"] == 1
    assert plain["compute"][0]["fits"] == plain["compute"][0]["hop_ms"] / 2.0


def test_the_machine_is_told_and_its_owner_is_not(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("model name\t: Quick 9000\nflags\t\t: fpu hypervisor\n")
    found = describe(tmp_path)
    assert (found["processor"], found["virtual"], found["kernel"]) == ("Quick 9000", True, platform.release())
    assert {"numpy", "numba", "onnxruntime"} <= set(found["packages"])
    text = json.dumps(describe())
    assert str(Path.home()) not in text
    for name in (platform.node(), getpass.getuser()):
        assert len(name) < 4 or name not in text
