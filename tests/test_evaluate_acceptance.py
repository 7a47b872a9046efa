"""The verdict on a model: each limit decides, and nothing is rounded towards it."""

import copy

import pytest

from offline_train.report import acceptance, mode_losses, summarise, table

STEMS = ("vocals", "drums", "bass", "other")


def rows_of(loss):
    sdr = {"vocals": 2.0, "drums": 4.0, "bass": 1.0, "other": 0.1}
    modes = {mode: {s: {"sdr": v - lost} for s, v in sdr.items()} for mode, lost in loss.items()}
    for parts in modes.values():
        parts["karaoke"] = {"vocals_level": -8.0, "rest_level": -1.9}
    return modes


GOOD = {"studio": -0.2, "live": 0.0, "tight": 0.3, "ultra": 0.4, "instant": 0.49}


def test_a_good_model_is_accepted():
    found = acceptance({"recorded": rows_of(GOOD)})
    assert found["holds"] and all(check["met"] for check in found["checks"])


@pytest.mark.parametrize(
    ("part", "figure", "value", "what"),
    [
        ("other", "sdr", 0.0, "SDR of other in live, dB"),
        ("vocals", "sdr", 1.9999, "SDR of vocals in live, dB"),
        ("karaoke", "vocals_level", -7.9999, "karaoke in live: vocals lowered by, dB"),
        ("karaoke", "rest_level", -2.0, "karaoke in live: rest loses, dB"),
        ("bass", "sdr", None, "SDR of bass in live, dB"),
    ],
)
def test_each_limit_decides(part, figure, value, what):
    rows = rows_of(GOOD)
    rows["live"][part][figure] = value
    found = acceptance({"recorded": rows})
    assert not found["holds"]
    assert what in [check["what"] for check in found["checks"] if not check["met"]]


def test_each_short_mode_is_held_to_its_loss():
    for mode in ("tight", "ultra", "instant"):
        found = acceptance({"recorded": rows_of({**GOOD, mode: 0.5001})})
        assert [c["what"] for c in found["checks"] if not c["met"]] == [
            f"loss of {mode} against live, mean over stems, dB"
        ]


def test_what_was_not_measured_is_not_met():
    rows = rows_of(GOOD)
    del rows["ultra"]
    assert not acceptance({"recorded": rows})["holds"]
    assert not acceptance({"rendered": rows_of(GOOD)})["holds"]


def test_losses_are_means_over_stems():
    rows = rows_of(GOOD)
    rows["tight"]["bass"]["sdr"] -= 4.0
    losses = mode_losses(rows)
    assert losses["tight"] == pytest.approx(1.3)
    assert losses["studio"] == pytest.approx(-0.2)


def test_medians_count_their_songs_and_seconds():
    songs = {
        name: {"live": {"bass": {"sdr": value, "n": {"sdr": seconds}}}}
        for name, value, seconds in (("a", 1.0, 10.0), ("b", float("nan"), 0.0), ("c", 3.0, 5.0))
    }
    assert summarise(songs)["live"]["bass"] == {"sdr": 2.0, "n": {"sdr": {"songs": 2, "seconds": 15.0}}}


def test_the_table_ends_in_the_verdict_and_lists_songs():
    rows = rows_of({**GOOD, "instant": 0.6})
    for parts in rows.values():
        for figures in parts.values():
            figures["n"] = dict.fromkeys(list(figures), 3.0)
    songs = {"first": rows, "second": copy.deepcopy(rows)}
    summary = {"recorded": summarise(songs)}
    losses = {"recorded": mode_losses(summary["recorded"])}
    report = {"songs": {"recorded": songs}, "summary": summary, "losses": losses, "acceptance": acceptance(summary)}
    text = table(report)
    assert "| loss of instant against live, mean over stems, dB | 0.600 | < 0.5 | no |" in text
    assert text.rstrip().endswith("All met: no.")
    assert "tight -0.300" in text and "studio +0.200" in text
    assert "| second | 2.00 |" in text
    assert "2.00 (2 songs, 6 s)" in text
