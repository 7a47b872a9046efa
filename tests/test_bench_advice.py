"""What is recommended is the shortest latency that fits twice and had nothing late when it was played."""

from __future__ import annotations

from bench_rows import paced, played, report

from rtiass.bench.advice import advise

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
