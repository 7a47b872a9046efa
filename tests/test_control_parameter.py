"""Parameters: what is taken as a value, what is refused in a sentence, and positions on the taper and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtiass.control import ControlError, Parameter, vocabulary
from rtiass.control.parameter import level
from rtiass.control.taper import level_at, linear, position_of

KNOWN = vocabulary(("vocals", "other"), ("mix",), True)
FADER = KNOWN["/stem/vocals/gain"]


@given(st.floats(-60.0, 12.0))
def test_the_taper_is_undone(db: float) -> None:
    assert level_at(position_of(db)) == pytest.approx(db, abs=1e-9)
    assert FADER.at(FADER.position(db)) == pytest.approx(db, abs=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_further_up_is_louder(one: float, other: float) -> None:
    assert position_of(level_at(one)) == pytest.approx(one, abs=1e-12)
    if one < other:
        assert level_at(one) <= level_at(other)
        assert linear(level_at(one)) <= linear(level_at(other))


def test_marks_of_the_taper() -> None:
    assert (level_at(0.0), level_at(0.75), level_at(1.0)) == (-60.0, 0.0, 12.0)
    assert position_of(0.0) == 0.75
    assert (level_at(-1.0), level_at(2.0), position_of(-math.inf), position_of(99.0)) == (-60.0, 12.0, 0.0, 1.0)
    assert linear(-60.0) == 0.0 and linear(0.0) == 1.0


@pytest.mark.parametrize("parameter", [p for p in KNOWN.values() if p.kind != "text"], ids=lambda p: p.path)
def test_every_parameter_goes_to_a_position_and_back(parameter: Parameter) -> None:
    values = {
        "level": [-60.0, -31.4, 0.0, 12.0],
        "number": [parameter.minimum, parameter.maximum],
        "choice": list(parameter.choices),
    }.get(parameter.kind, [True, False])
    for value in values:
        place = parameter.position(value)
        assert 0.0 <= place <= 1.0
        assert parameter.at(place) == pytest.approx(value)
    assert parameter.at(-5.0) == parameter.at(0.0) and parameter.at(5.0) == parameter.at(1.0)


@pytest.mark.parametrize(
    ("path", "given", "taken"),
    [
        ("/stem/vocals/gain", -6, -6.0), ("/stem/vocals/gain", "-6 dB", -6.0), ("/stem/vocals/gain", "off", -60.0),
        ("/stem/vocals/gain", -math.inf, -60.0), ("/stem/vocals/gain", 99, 12.0), ("/stem/vocals/gain", np.float32(3), 3.0),
        ("/stem/vocals/mute", 1, True), ("/stem/vocals/mute", 0.0, False), ("/stem/vocals/mute", "ON", True),
        ("/stem/vocals/mute", np.bool_(False), False), ("/mode", "Tight", "tight"), ("/mode", 0, "studio"),
        ("/mode", 1.0, "live"), ("/scene/seconds", "2.5", 2.5), ("/song/index", 2.6, 3.0), ("/scene", "Chorus ä", "Chorus ä"),
        ("/song/next", 1, True), ("/song/next", 0.0, False),
    ],
)  # fmt: skip
def test_values_are_understood(path: str, given: object, taken: object) -> None:
    value = KNOWN[path].check(given)
    assert value == taken and type(value) is type(taken)


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        (path, bad)
        for path in ("/stem/vocals/gain", "/stem/vocals/mute", "/mode", "/scene/seconds", "/song/next")
        for bad in (math.nan, "loud", None, [1], {}, b"x", np.zeros(2), "nan", object())
    ]
    + [("/stem/vocals/gain", True), ("/stem/vocals/gain", 10**400), ("/mode", 0.5), ("/mode", 99), ("/mode", True)]
    + [("/mode", -1), ("/scene", 3), ("/scene", "a\nb"), ("/scene", "x" * 201), ("/scene", "\x1b[2J")],
)  # fmt: skip
def test_anything_else_is_refused_by_name(path: str, bad: object) -> None:
    with pytest.raises(ControlError, match=path):
        KNOWN[path].check(bad)


@pytest.mark.parametrize("bad", [math.nan, None, "x"])
def test_a_position_is_a_number(bad: object) -> None:
    with pytest.raises(ControlError, match="position"):
        FADER.at(bad)  # type: ignore[arg-type]
    with pytest.raises(ControlError, match="position"):
        KNOWN["/scene"].at(0.5)


def test_a_wrong_definition_is_a_mistake() -> None:
    for wrong in (
        lambda: level("/x", "", 20.0), lambda: Parameter("/x", "slider", 0.0), lambda: Parameter("/x", "choice", "a"),
        lambda: Parameter("/x", "number", 0.0, 1.0, 1.0),
    ):  # fmt: skip
        with pytest.raises((ValueError, ControlError)):
            wrong()


def test_values_are_shown_to_people() -> None:
    assert FADER.text(-6) == "-6.0 dB" and FADER.text("off") == "off"
    assert KNOWN["/bypass"].text(True) == "on" and KNOWN["/mode"].text("tight") == "tight"
    assert KNOWN["/scene/seconds"].text(2) == "2 s" and KNOWN["/song/index"].text(3) == "3"
