"""The MIDI clock: tempo, beats and bars, and presses that wait for them."""

from __future__ import annotations

import pytest
from midi_fakes import make_engine

from rtiass.control.midi.clock import Clock
from rtiass.control.midi.messages import Message

TICK = 60.0 / 120.0 / 24
MUTE = '[[control]]\nnote = 1\npath = "/stem/vocals/mute"\nquantise = "{unit}"\n'
PRESS = bytes((0x90, 1, 100))


def play(engine, ticks: int, start: float) -> float:
    for number in range(ticks):
        engine.feed(b"\xf8", start + number * TICK)
    return start + ticks * TICK


def muted(engine) -> bool:
    return bool(engine.control.get("/stem/vocals/mute"))


def test_tempo_is_the_median_of_the_last_beat():
    clock = Clock()
    for number in range(60):
        clock.feed(Message("clock"), number * TICK + (0.004 if number % 7 == 0 else 0.0))
    assert clock.tempo == pytest.approx(120.0, rel=1e-6)


@pytest.mark.parametrize(("unit", "length"), [("beat", 24), ("bar", 96)])
def test_a_press_waits_for_its_beat_or_bar(unit, length):
    engine = make_engine(MUTE.format(unit=unit))
    engine.feed(b"\xfa", 0.0)
    now = play(engine, 10, 0.01)
    engine.feed(PRESS, now)
    now = play(engine, length - 10, now)
    assert not muted(engine)
    play(engine, 1, now)
    assert muted(engine)


def test_bars_may_have_three_beats():
    engine = make_engine("beats_per_bar = 3\n" + MUTE.format(unit="bar"))
    engine.feed(b"\xfa", 0.0)
    now = play(engine, 5, 0.01)
    engine.feed(PRESS, now)
    now = play(engine, 67, now)
    assert not muted(engine)
    play(engine, 1, now)
    assert muted(engine)


def test_without_a_clock_nothing_waits():
    engine = make_engine(MUTE.format(unit="beat"))
    engine.feed(PRESS, 0.0)
    assert muted(engine)


def test_a_clock_that_never_started_tells_no_beats():
    engine = make_engine(MUTE.format(unit="bar"))
    now = play(engine, 30, 0.0)
    engine.feed(PRESS, now)
    assert muted(engine)


def test_stop_lets_go_of_what_waits():
    engine = make_engine(MUTE.format(unit="bar"))
    engine.feed(b"\xfa", 0.0)
    now = play(engine, 30, 0.01)
    engine.feed(PRESS, now)
    assert not muted(engine)
    engine.feed(b"\xfc", now)
    assert muted(engine)


def test_a_clock_that_falls_silent_lets_go_too():
    engine = make_engine(MUTE.format(unit="bar"))
    engine.feed(b"\xfa", 0.0)
    now = play(engine, 30, 0.01)
    engine.feed(PRESS, now)
    engine.quantiser.run(now + 0.2)
    assert not muted(engine)
    engine.quantiser.run(now + 1.0)
    assert muted(engine)


def test_song_position_says_where_the_bar_is():
    engine = make_engine(MUTE.format(unit="bar"))
    engine.feed(bytes((0xF2, 14, 0, 0xFB)), 0.0)  # the last but one sixteenth of the first bar
    now = play(engine, 2, 0.01)
    engine.feed(PRESS, now)
    now = play(engine, 10, now)
    assert not muted(engine)
    play(engine, 1, now)
    assert muted(engine)


def test_a_lead_acts_before_the_beat():
    engine = make_engine("lead_ms = 50\n" + MUTE.format(unit="beat"))
    engine.feed(b"\xfa", 0.0)
    now = play(engine, 26, 0.0)
    engine.feed(PRESS, now)
    beat = 48 * TICK
    play(engine, 19, now)
    engine.quantiser.run(beat - 0.051)
    assert not muted(engine)
    engine.quantiser.run(beat - 0.049)
    assert muted(engine)


def test_two_presses_of_a_toggle_before_the_beat_cancel_out():
    engine = make_engine(MUTE.format(unit="beat"))
    engine.feed(b"\xfa", 0.0)
    now = play(engine, 3, 0.0)
    engine.feed(PRESS + PRESS, now)
    play(engine, 30, now)
    assert not muted(engine)
