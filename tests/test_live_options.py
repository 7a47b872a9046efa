"""What the live host can be told: outputs, levels, limits, and its way to the child."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtiass.errors import UserError
from rtiass.live.faders import parse_level
from rtiass.live.keys import decode
from rtiass.live.options import LiveOptions, Route, bus_gains, parse_outputs
from rtiass.live.state import SharedState

STEMS = ("vocals", "drums", "bass", "other")


def test_outputs() -> None:
    assert parse_outputs(["vocals=3,4", "karaoke=1,2", "bass=7"]) == (
        Route("vocals", (3, 4)),
        Route("karaoke", (1, 2)),
        Route("bass", (7,)),
    )


@pytest.mark.parametrize("text", ["vocals", "vocals=", "=1,2", "vocals=a", "vocals=1;2"])
def test_bad_outputs(text: str) -> None:
    with pytest.raises(UserError, match="--out vocals=3,4"):
        parse_outputs([text])


@pytest.mark.parametrize(
    "bad",
    [
        {"mode": "fast"}, {"policy": "panic"}, {"block": -1}, {"headroom": 99999}, {"rate": 1},
        {"gate": "loose"}, {"mask_delay": -1}, {"mask_delay": 257},
        {"routes": (Route("vocals", (0,)),)}, {"routes": (Route("vocals", (1, 2, 3)),)}, {"input_channels": ()},
    ],
)  # fmt: skip
def test_bad_options_are_refused_in_sentences(bad: dict[str, object]) -> None:
    with pytest.raises(UserError) as error:
        LiveOptions(**bad)  # type: ignore[arg-type]
    assert str(error.value).endswith(".")


def test_options_survive_the_way_to_the_child() -> None:
    options = LiveOptions(routes=(Route("vocals", (3, 4)),), song="a ä.wav", input=3, faders={"vocals": 0.5}, wait=True)
    assert LiveOptions.from_json(options.to_json()) == options


def test_buses() -> None:
    assert bus_gains("bass", STEMS) == {"vocals": 0, "drums": 0, "bass": 1, "other": 0}
    assert bus_gains("karaoke", STEMS, 0.25) == {"vocals": 0.25, "drums": 1, "bass": 1, "other": 1}
    assert bus_gains("instrumental", STEMS, 0.25)["vocals"] == 0
    with pytest.raises(UserError, match="vocals, drums"):
        bus_gains("guitar", STEMS)


@pytest.mark.parametrize(
    ("text", "gain"),
    [("0", 1.0), ("-20", 0.1), ("-6.0206dB", 0.5), ("25%", 0.25), ("off", 0.0), ("-60", 0.0), ("+6.0206", 2.0)],
)
def test_levels(text: str, gain: float) -> None:
    assert parse_level(text) == pytest.approx(gain, abs=1e-4)


@pytest.mark.parametrize("text", ["loud", "30", "2000%", "nan", "-5%"])
def test_bad_levels(text: str) -> None:
    with pytest.raises(UserError, match="-12"):
        parse_level(text)


def test_keys() -> None:
    assert decode("1\x1b[A\x1bOBm\t q\x1b") == ["1", "up", "down", "m", "tab", "space", "q", "escape"]


def test_shared_state_is_shared_and_cleared() -> None:
    one = SharedState()
    two = SharedState(one.fd)
    one.put("mode", 3)
    one.fields["gains"][0, 1, 2] = 0.5
    two.put("late_masks", 7)
    assert (two.get("mode"), two.fields["gains"][0, 1, 2], one.get("late_masks")) == (3, 0.5, 7)
    one.clear_reports()
    assert (two.get("mode"), two.get("late_masks")) == (3, 0)
    one.close()


def test_shared_state_is_closed_once() -> None:
    state = SharedState()
    fd = state.fd
    state.close()
    other = os.open(os.devnull, os.O_RDONLY)
    assert other == fd  # the number is free again, and somebody else's now
    state.close()
    os.close(other)


def test_a_missing_model_is_told_before_anything_starts(tmp_path: Path) -> None:
    from rtiass.live.host import LiveHost

    with pytest.raises(UserError, match="There is no model"):
        LiveHost(LiveOptions(model=str(tmp_path)))
