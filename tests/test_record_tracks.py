"""What can be recorded: names, places before and after the faders, and which buses are rendered for it."""

from __future__ import annotations

import pytest

from rtiass.errors import UserError
from rtiass.live.options import LiveOptions
from rtiass.live.tracks import plan_tracks

STEMS = ("vocals", "drums", "bass", "other")


def test_outputs_are_not_rendered_twice() -> None:
    plan = plan_tracks(["vocals:post", "mix", "input"], STEMS, ["vocals", "mix"])
    assert plan.rendered == 0
    assert [(t.name, t.row) for t in plan.tracks] == [("vocals_post", 0), ("mix", 1), ("input", -1)]


def test_what_has_no_output_gets_a_bus() -> None:
    plan = plan_tracks(["input", "vocals", "mix", "drums:post"], STEMS, ["vocals"])
    assert list(plan.post) == ["mix:post", "drums:post"] and list(plan.pre) == ["vocals:pre"]
    # Those that follow the faders come first.
    assert [t.row for t in plan.tracks] == [-1, 3, 1, 2]
    assert plan.pre["vocals:pre"] == {"vocals": 1.0, "drums": 0.0, "bass": 0.0, "other": 0.0}


def test_all_stems_and_mixes_without_a_choice() -> None:
    names = [t.name for t in plan_tracks([], STEMS, ["karaoke", "vocals"]).tracks]
    assert names == [*STEMS, "karaoke"]


@pytest.mark.parametrize("wanted", ["flute", "vocals:late", "input:post", "vocals,vocals:pre", ""])
def test_what_cannot_be_recorded_is_named(wanted: str) -> None:
    with pytest.raises(UserError, match=r"record|twice"):
        plan_tracks(wanted.split(","), STEMS, ["mix"])


def test_too_many_buses() -> None:
    outputs = [f"out{i}" for i in range(32)]
    with pytest.raises(UserError, match="At most 32"):
        plan_tracks(["mix"], STEMS, outputs)
    assert plan_tracks(["vocals"], STEMS, outputs).rendered == 1


def test_options_travel() -> None:
    options = LiveOptions(record="takes", record_tracks=("vocals", "input"), record_format="wav", record_now=False)
    assert LiveOptions.from_json(options.to_json()) == options
