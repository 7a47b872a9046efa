"""What is recommended is the shortest latency that fits twice and had nothing late when it was played."""

from __future__ import annotations

import pytest
from bench_rows import paced, played, report

from rtiass.bench import advice
from rtiass.bench.advice import advise, before_the_show
from rtiass.bundle import load_bundle
from rtiass.enginechoice import MEASURE, Verdict

ROWS = [paced("live"), paced("tight"), paced("ultra"), paced("instant")]


def test_how_often_it_fits_and_what_to_take() -> None:
    assert advise(report(compute=ROWS, live=[])) == [
        "band on onnxruntime: `live` fits 11 times into the time there is; `tight` fits 5 times; `ultra` fits twice; "
        "`instant` fits once. Recommended: `ultra` at blocks of 256."
    ]


def test_the_block_is_that_of_the_device() -> None:
    found = advise(report(compute=ROWS, live=[played("ultra", block=480), played("live", block=480)]))
    assert found[0].endswith("Recommended: `ultra` at blocks of 480.")


def test_a_mode_in_which_something_was_late_is_not_recommended() -> None:
    live = [played("tight", block=128), played("ultra", block=128, late_masks=3)]
    found = advise(report(compute=ROWS, live=live))[0]
    assert "Recommended: `tight` at blocks of 128 (`ultra` would fit, but something was late" in found


def test_a_lost_period_of_the_driver_is_not_the_modes_fault() -> None:
    found = advise(report(compute=ROWS, live=[played("ultra", xruns=5)]))[0]
    assert "Recommended: `ultra`" in found


def test_where_nothing_fits_the_next_step_is_told() -> None:
    found = advise(report(compute=[paced("live", both=20.0), paced("instant", both=20.0)], live=[]))[0]
    assert "`live` fits once into the time there is; `instant` doesn't fit." in found
    assert "No mode fits twice" in found and "Recommended" not in found


def test_a_sentence_for_each_model_and_engine_at_the_threads_of_live_playing() -> None:
    rows = [paced(), paced(threads=2, both=1.0), paced(engine="pytorch", both=8.0), paced(model="six", both=4.0)]
    found = advise(report(compute=rows, live=[]))
    assert [text.partition(" fits")[0] for text in found] == [
        "band on onnxruntime: `live`", "band on pytorch: `live`", "six on onnxruntime: `live`",
    ]  # fmt: skip
    assert advise(report(compute=[], live=[played()])) == []


def test_a_mode_that_could_not_be_played_is_not_recommended() -> None:
    found = advise(report(compute=ROWS, live=[played("live"), played("tight")]))[0]
    assert "Recommended: `tight` at blocks of 256 (`ultra` would fit, but could not be played)." in found
    late = [played("live"), played("tight", underruns=1)]
    found = advise(report(compute=ROWS, live=late))[0]
    assert "Recommended: `live`" in found
    assert "(`tight` would fit, but something was late when it was played) (`ultra` would fit, but could not" in found


def test_where_nothing_could_be_played_nothing_is_recommended() -> None:
    tried = {("band", "onnxruntime")}
    found = advise(report(compute=ROWS, live=[]), tried)[0]
    assert "`live`, `tight` and `ultra` could not be played: try a longer block" in found and "Recommended" not in found
    both = advise(report(compute=ROWS, live=[played("ultra", skipped_frames=2)]), tried)[0]
    assert "Something was late in `ultra`; `live` and `tight` could not be played: try" in both
    # What was not to be played on another engine is judged by what it costs.
    other = [paced("ultra", engine="pytorch")]
    assert "Recommended: `ultra`" in advise(report(compute=other, live=[played("live")]), tried)[0]


def test_other_threads_than_those_of_live_playing_give_no_advice() -> None:
    found = advise(report(compute=[paced(threads=2, both=1.0)], live=[]))
    assert found == ["band on onnxruntime: live playing has one thread. Measure with --threads 1 for advice."]


def test_an_engine_that_the_next_show_may_change_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEASURE, "1")
    band = load_bundle("band")
    told = before_the_show(band, "onnxruntime")
    assert "auto took onnxruntime; the next show compares onnxruntime and compiled" in told
    assert "Run 'rtiass engines measure' with this model first" in told
    # Where nothing is measured by itself, nothing changes; nor where it was measured before.
    monkeypatch.setenv(MEASURE, "0")
    assert before_the_show(band, "onnxruntime") == ""
    monkeypatch.setenv(MEASURE, "1")
    monkeypatch.setattr(advice, "remembered", lambda bundle: Verdict("compiled", "the fastest"))
    assert before_the_show(band, "compiled") == ""
