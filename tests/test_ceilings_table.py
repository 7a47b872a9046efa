"""A figure that got worse is told with what it was and how to accept it; one that got better is told too."""

from __future__ import annotations

import pytest

from benchmarks.ceilings import table
from benchmarks.ceilings.install import closure
from benchmarks.ceilings.table import compare, judge, told

KEPT = {
    "band": {
        "network": {"macs": 100, "bytes": 1_000_000},
        "memory": {"hop_bytes": 5000},
        "latency": {"live": 2048},
        "sdr": {"live": {"vocals": 2.0}},
    },
    "packages": {"names": ["numba", "numpy"]},
}


def changed(name, value):
    """The table with one figure in another's place."""
    *way, last = name.split(".")
    copy = inner = {}
    kept = KEPT
    for key in way:
        inner[key] = {}
        inner, kept = inner[key], kept[key]
    inner[last] = value
    return compare({way[0]: _only(KEPT, way, last)}, copy)


def _only(kept, way, last):
    for key in way:
        kept = kept[key]
    found = {last: kept[last]} if last in kept else {}
    for key in reversed(way[1:]):
        found = {key: found}
    return found


@pytest.mark.parametrize(
    ("name", "worse", "same", "better"),
    [
        ("band.network.macs", 101, 100, 99),
        ("band.network.bytes", 1_001_001, 1_000_999, 998_000),
        ("band.memory.hop_bytes", 9097, 9000, 903),
        ("band.latency.live", 2049, 2048, 2047),
        ("band.sdr.live.vocals", 1.94, 1.96, 2.06),
        ("packages.names", ["numba", "numpy", "torch"], ["numpy", "numba"], ["numpy"]),
    ],
)
def test_worse_the_same_and_better(name, worse, same, better):
    for value, wanted in ((worse, (True, False)), (same, (False, False)), (better, (False, True))):
        (verdict,) = changed(name, value)
        assert (verdict.worse, verdict.better) == wanted, value


def test_what_got_worse_is_told_with_the_way_to_accept_it():
    worse, better = told(changed("band.sdr.live.vocals", 1.5))
    assert "Worse: band.sdr.live.vocals: 1.5 dB; it was 2.0 (-0.5)." in worse
    assert worse.endswith("accept it: python -m benchmarks.ceilings --write")
    assert better == ""


def test_what_got_better_is_told_and_does_not_fail():
    worse, better = told(changed("band.network.macs", 90))
    assert worse == ""
    assert "Better: band.network.macs: 90; it was 100 (-10)." in better


def test_names_that_are_new_are_told():
    worse, _ = told(changed("packages.names", ["numba", "numpy", "torch"]))
    assert "numba, numpy, torch; it was numba, numpy" in worse


def test_a_figure_that_is_new_or_gone_must_be_meant():
    both = compare({"a": {"x": 1}}, {"a": {"y": 2}})
    assert [(v.name, v.worse) for v in both] == [("a.y", True), ("a.x", True)]
    assert "a.x: nothing; it was 1." in told(both)[0]


def test_what_is_written_is_read_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "TABLE", tmp_path / "ceilings.toml")
    assert table.read() == {}
    table.write(KEPT)
    assert table.read() == KEPT
    assert not any(verdict.worse or verdict.better for verdict in compare(table.read(), KEPT))


def test_a_score_s_floor_is_a_score_and_a_name_in_a_figure_is_no_rule():
    assert judge("six.sdr.live.bass", 1.0, 0.9).worse
    assert judge("six.network.nodes", 10, 11).worse


def test_packages_are_those_of_a_run_time_install():
    names = set(closure())
    assert {"numpy", "onnxruntime", "llvmlite", "cffi"} <= names
    assert names.isdisjoint({"rtiass", "torch", "pytest", "matplotlib", "onnx"})
