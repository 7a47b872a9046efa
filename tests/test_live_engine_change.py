"""Another engine is opened and tried beside the sound; one that can't, is too slow, or hangs does not take over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fake_engine import fake_bundle
from handover_runs import Held, Session, make, play, wait_for

from rtiass.engine import Built, Probe
from rtiass.live import enginechange, rig
from rtiass.live.enginechange import EngineChange
from rtiass.live.handover import Handover
from rtiass.live.options import LiveOptions
from rtiass.stft import MODES, RATE


class Opens:
    """An engine that gives this session, or raises."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def probe(self) -> Probe:
        return Probe(True, "")

    def open(self, bundle: Any, *, threads: int | None = None) -> Any:
        if isinstance(self.session, Exception):
            raise self.session
        assert threads == 1
        return self.session


class Uncompiled(Opens):
    """An engine that would have to compile."""

    def build(self, bundle: Any, **options: Any) -> list[Built]:
        raise AssertionError("it is compiled where the sound plays")

    def built(self) -> list[Built]:
        return []

    def open_compiled(self, bundle: Any, *, threads: int | None = None) -> Any:
        return None


def change(patch: pytest.MonkeyPatch, handover: Handover, engine: Opens, **settings: Any) -> EngineChange:
    patch.setattr(enginechange, "load_engine", lambda name: engine)
    values: dict[str, Any] = {"attempt": lambda session: 0.001, "refuse": lambda name, figure: "", **settings}
    made = EngineChange(handover, "new", fake_bundle(), **values)
    made.start()
    return made


def test_it_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    handover = make(Session())
    play(handover, range(1, 10))
    made = change(monkeypatch, handover, Opens(Session()))
    wait_for(lambda: handover._offer is not None)
    np.testing.assert_array_equal(play(handover, range(10, 30)), play(Session(), range(1, 30))[9:])
    made.join(10)
    assert (handover.name, made.fault, made.step_time) == ("new", "", 0.001)


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        (Opens(OSError("no library")), "It failed (OSError: no library). Update its package"),
        (Uncompiled(None), "The model 'fake' is not compiled for it yet"),
    ],
)
def test_one_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch, engine: Opens, reason: str) -> None:
    handover = make(Session())
    made = change(monkeypatch, handover, engine)
    made.join(10)
    assert made.fault.startswith(f"new does not take over: {reason}")
    assert made.fault.endswith(". old goes on.")


def test_one_that_fails_when_tried_or_warmed_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    handover, broken = make(Session()), Session()
    broken.fault = "nan"
    play(handover, range(1, 10))
    made = change(monkeypatch, handover, Opens(broken))
    made.join(10)
    assert "it failed (ArithmeticError: its masks are no finite numbers)" in made.fault
    made = change(monkeypatch, handover, Opens(Session()), attempt=lambda session: 1 / 0)
    made.join(10)
    assert "it failed (ZeroDivisionError" in made.fault
    assert handover._offer is None


def test_one_that_is_too_slow_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    handover = make(Session())
    made = change(monkeypatch, handover, Opens(Session()), refuse=lambda name, figure: f"{name} is slow: {figure}")
    made.join(10)
    assert made.fault == "new does not take over: new is slow: 0.001. old goes on."
    assert handover._offer is None


def test_one_that_the_machine_held_up_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    handover = make(Session())
    figures = iter([0.009, 0.001])
    made = change(
        monkeypatch, handover, Opens(Session()), attempt=lambda session: next(figures),
        refuse=lambda name, figure: "it is slow" if figure > 0.005 else "",
    )  # fmt: skip
    wait_for(lambda: handover._offer is not None)
    play(handover, range(1, 20))
    made.join(10)
    assert (handover.name, made.fault, made.step_time) == ("new", "", 0.001)


def test_one_that_hangs_is_given_up_and_never_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    handover, held = make(Session()), Held()
    play(handover, range(1, 10))
    made = change(monkeypatch, handover, Opens(held), answer_within=0.1)
    wait_for(lambda: made.look() or made.fault)
    assert made.fault == "new does not take over: it does not answer. old goes on."
    held.allowed.release(1000)
    made.join(10)
    play(handover, range(10, 20))
    assert (handover.name, handover.events) == ("old", [])
    assert made.fault == "new does not take over: it does not answer. old goes on.", "and it is told once"


def test_an_offer_that_nobody_takes_is_no_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    handover = make(Session())  # the song is paused, or the device is gone
    made = change(monkeypatch, handover, Opens(Session()), answer_within=0.02)
    wait_for(lambda: handover._offer is not None)
    looks = iter(range(100))
    wait_for(lambda: made.look() or next(looks) > 90)
    assert made.fault == ""
    play(handover, range(1, 20))
    assert handover.name == "new"


def player(step_time: float, **options: Any) -> rig.Player:
    """Of what is made at the start only the figures."""
    made = rig.Player(*[None] * 8, LiveOptions(**options), step_time, ())  # type: ignore[call-arg, arg-type]
    made.engine, made.max_block = "old", 512
    return made


def test_the_delay_that_was_planned_stays() -> None:
    quick = player(0.0005)
    assert quick.plan(MODES["live"], 512) == 0
    assert quick.refuse("new", 0.0004) == ""
    told = quick.refuse("new", 0.008)
    assert told.startswith("it keeps 8.00 ms a frame, and old 0.50 ms, which is too slow for the mask delay")
    # One that plays with a delay already may be exchanged for whatever is not slower than it.
    slow = player(0.008)
    assert slow.refuse("new", 0.0079) == ""
    assert "too slow" in slow.refuse("new", 0.03)


def test_where_the_sound_waits_nothing_is_too_slow() -> None:
    assert player(0.0005, freewheel=True).refuse("new", 0.5) == ""


def test_with_a_delay_that_is_fixed_most_of_a_period_is_the_limit() -> None:
    fixed = player(0.0005, mask_delay=8)
    shortest = min(mode.period for mode in MODES.values()) / RATE
    assert fixed.refuse("new", 0.99 * rig.OF_PERIOD * shortest) == ""
    assert "too slow" in fixed.refuse("new", 1.01 * rig.OF_PERIOD * shortest)


def test_a_trial_beside_the_sound_takes_every_step_and_leaves_no_trace() -> None:
    from fake_engine import FakeSession

    session = FakeSession()
    assert rig.try_engine(session, beside=True) > 0
    assert session.steps == 0 and not session._memory.any()
