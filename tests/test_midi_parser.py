"""Bytes become messages: running status, real time in between, system exclusive, and rubbish."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rtiass.control.midi.messages import Message, Parser


def test_all_channel_messages():
    found = Parser().feed(bytes.fromhex("90 3C 64 80 3C 10 B1 07 7F C2 05 E3 00 40 D4 11 A5 3C 22"))
    assert found == [
        Message("note_on", 1, 60, 100),
        Message("note_off", 1, 60, 16),
        Message("cc", 2, 7, 127),
        Message("program", 3, 5),
        Message("bend", 4, 0, 8192),
        Message("pressure", 5, 0, 17),
        Message("key_pressure", 6, 60, 34),
    ]


def test_note_on_without_velocity_is_a_note_off():
    assert Parser().feed([0x90, 60, 0]) == [Message("note_off", 1, 60, 0)]


def test_running_status_goes_on_over_portions_and_real_time():
    parser = Parser()
    assert parser.feed([0xB0, 7, 1, 7]) == [Message("cc", 1, 7, 1)]
    assert parser.feed([0xF8, 2, 8, 3]) == [Message("clock"), Message("cc", 1, 7, 2), Message("cc", 1, 8, 3)]


def test_system_exclusive_is_skipped_and_ends_running_status():
    found = Parser().feed([0xB0, 7, 1, 0xF0, 1, 2, 0xF8, 3, 0xF7, 7, 2, 0xB0, 7, 3])
    assert found == [Message("cc", 1, 7, 1), Message("clock"), Message("cc", 1, 7, 3)]


def test_unfinished_system_exclusive_ends_with_the_next_status():
    assert Parser().feed([0xF0, 1, 2, 0x90, 1, 2]) == [Message("note_on", 1, 1, 2)]


def test_song_position_and_tune_request():
    found = Parser().feed([0xF2, 8, 1, 5, 0xF6, 0xF3, 4])
    assert found == [Message("position", 0, 0, 136), Message("tune"), Message("song", 0, 0, 4)]


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_how_bytes_are_divided_makes_no_difference(data, cut):
    parser = Parser()
    assert parser.feed(data[:cut]) + parser.feed(data[cut:]) == Parser().feed(data)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_comes_gives_messages_in_range(data):
    for message in Parser().feed(data):
        assert 0 <= message.channel <= 16
        assert 0 <= message.number < 128
        assert 0 <= message.value < 16384
