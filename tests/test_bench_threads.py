"""A row tells the threads that its engine has, and none is a repeat of another because an engine has fewer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_rows import paced

from rtiass.bench import run as bench_run
from rtiass.bench.compute import Times, compute
from rtiass.bench.results import ComputeRow
from rtiass.bench.run import Plan, run
from rtiass.engine import load_engine, threads_of


def test_an_engine_has_no_more_threads_than_it_says() -> None:
    assert [threads_of(load_engine("compiled"), count) for count in (1, 2, 8)] == [1, 1, 1]
    assert [threads_of(load_engine("onnxruntime"), count) for count in (1, 2, 8)] == [1, 2, 8]


def test_a_row_tells_the_threads_that_there_were() -> None:
    ((row, times),) = compute("band", "compiled", 2, ["instant"], 0.05)
    assert (row.engine, row.threads) == ("compiled", 1)
    assert row.frame.count == len(times.frames) > 0


def test_no_time_is_planned_for_repeats() -> None:
    one, both = (Plan(engines=("onnxruntime",), threads=threads) for threads in ((1,), (1, 2)))
    assert both.duration(device=False) == 2 * one.duration(device=False)
    for threads in ((1,), (2,), (1, 2, 4)):
        plan = Plan(engines=("compiled",), threads=threads)
        assert plan.thread_counts("compiled") == [1]
        assert plan.duration(device=False) == one.duration(device=False)


@pytest.mark.parametrize(
    ("engine", "taken", "threads", "wanted"),
    [
        ("compiled", "compiled", (1, 2), [1]),
        ("compiled", "compiled", (2,), [1]),
        ("onnxruntime", "onnxruntime", (2, 1), [2, 1]),
        # That `auto` takes `compiled` is known after the first time.
        ("auto", "compiled", (1, 2), [1]),
        ("auto", "compiled", (2, 1), [2]),
        ("auto", "onnxruntime", (1, 2), [1, 2]),
    ],
)
def test_each_number_of_threads_is_measured_once(
    engine: str, taken: str, threads: tuple[int, ...], wanted: list[int], tiny_bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked: list[int] = []

    def fake(model: str, engine: str, count: int, *_: object, **__: object) -> Iterator[tuple[ComputeRow, Times]]:
        asked.append(count)
        had = threads_of(load_engine(taken), count)
        yield paced("live", engine=taken, threads=had), Times(0.1, 0.1, 0.1, [0.001], [0.001], [0.001])

    monkeypatch.setattr(bench_run, "compute", fake)
    plan = Plan(models=(str(tiny_bundle),), modes=("live",), engines=(engine,), threads=threads, live=False)
    report = run(plan, "Nothing else was asked for.").report
    assert asked == wanted
    assert report.failed == []
    rows = [row.threads for row in report.compute]
    assert len(rows) == len(set(rows)) == len(wanted)
