"""Rounds of benchmarks/peers.py: all rows in each, the order turned, a failing row left out."""

from pathlib import Path

from benchmarks.peering.environments import PeerError
from benchmarks.peering.roster import Row
from benchmarks.peering.rounds import Measured, run_rounds


def rows(*names: str) -> list[Measured]:
    return [Measured(Row(name, Path("none"), threads=(1, 2))) for name in names]


def test_every_round_has_every_row_and_begins_with_another():
    asked = []

    def once(row, threads):
        asked.append((row.name, threads))
        return {"seconds": 1.0, "audio_seconds": 2.0, "peak_mb": 3.0}

    measured = rows("a", "b", "c")
    run_rounds(measured, 3, 3, once, lambda text: None)
    turns = [asked[i : i + 6] for i in range(0, 18, 6)]
    assert len({turn[0] for turn in turns}) == 3
    assert all(sorted(turn) == sorted(turns[0]) for turn in turns)
    assert [(run["round"], run["threads"]) for run in measured[0].runs if run["threads"] == 1] == [
        (0, 1),
        (1, 1),
        (2, 1),
    ]


def test_a_row_that_fails_is_not_asked_again_and_the_rest_goes_on():
    asked, told = [], []

    def once(row, threads):
        asked.append(row.name)
        if row.name == "bad":
            raise PeerError("failed: no weights")
        return {"seconds": 1.0, "audio_seconds": 2.0, "peak_mb": 3.0}

    measured = rows("good", "bad", "absent")
    measured[2].fail("not installed: no such package")
    run_rounds(measured, 2, 2, once, told.append)
    assert asked.count("bad") == 2  # once with each number of threads
    assert "absent" not in asked
    assert len(measured[0].runs) == 4
    assert [entry.errors for entry in measured] == [
        {}, dict.fromkeys((1, 2), "failed: no weights"), dict.fromkeys((1, 2), "not installed: no such package"),
    ]  # fmt: skip
    assert any("no weights" in line for line in told)


def test_a_failure_with_two_threads_leaves_the_rounds_of_one() -> None:
    def once(row, threads):
        if threads == 2:
            raise PeerError("2 threads need 2 cores, and there are 1")
        return {"seconds": 1.0, "audio_seconds": 2.0, "peak_mb": 3.0}

    measured = rows("a", "b")
    run_rounds(measured, 3, 3, once, lambda text: None)
    for entry in measured:
        assert [(run["round"], run["threads"]) for run in entry.runs] == [(0, 1), (1, 1), (2, 1)]
        assert entry.errors == {2: "2 threads need 2 cores, and there are 1"}


def test_several_threads_are_measured_in_the_first_rounds_only():
    asked = []

    def once(row, threads):
        asked.append(threads)
        return {"seconds": 1.0, "audio_seconds": 2.0, "peak_mb": 3.0}

    run_rounds(rows("a"), 3, 1, once, lambda text: None)
    assert sorted(asked) == [1, 1, 1, 2]
