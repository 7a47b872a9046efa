"""The score of the demo song is complete: every pattern that a bar asks for exists and fills just that bar."""

from itertools import pairwise

import pytest

from offline_train.demo_song import score
from offline_train.demo_song.players import line, slots

BARS = score.bars()[0]


def test_both_rounds_follow_the_words():
    assert [bar.beats for bar in score.FIRST] == [bar.beats for bar in score.SECOND]
    assert [bar.chord for bar in score.FIRST] == [bar.chord for bar in score.SECOND]
    assert sum(bar.beats for bar in score.FIRST) == score.VOICE_BEATS


def test_bars_follow_one_another():
    for (start, bar), (following, _) in pairwise(BARS):
        assert following == start + bar.beats


def test_voice_rests_between_the_rounds():
    first, second = score.bars()[1]
    assert first > 0
    assert second > first + score.VOICE_BEATS
    assert BARS[-1][0] >= second + score.VOICE_BEATS


@pytest.mark.parametrize(("part", "patterns"), [("strum", score.STRUM), ("drums", score.DRUMS)])
def test_eighths_fill_the_bar(part, patterns):
    for _, bar in BARS:
        name = getattr(bar, part).rstrip("+")
        if name == "-":
            continue
        rows = patterns[name][bar.beats]
        for row in rows.values() if isinstance(rows, dict) else [rows]:
            assert len(row) == 2 * bar.beats, (name, bar)


@pytest.mark.parametrize(("part", "patterns"), [("bass", score.BASS), ("lead", score.LEAD)])
def test_melodies_fill_the_bar(part, patterns):
    for start, bar in BARS:
        name = getattr(bar, part)
        if name == "-" or (start, bar) == BARS[-1]:
            continue
        notes = list(line(patterns[name][bar.beats]))
        beat, beats, _ = notes[-1]
        assert bar.beats - 0.5 <= beat + beats <= bar.beats + 1e-9, (name, bar)


def test_chords_under_the_voice_keep_to_the_sung_scale():
    sung = {pitch % 12 for pitch in (52, 55, 57, 59)}
    for bar in score.FIRST:
        classes = {pitch % 12 for pitch in score.CHORDS[bar.chord]}
        assert classes <= sung | {2}, bar
        assert score.ROOTS[bar.chord] % 12 in classes


def test_every_second_eighth_is_swung():
    assert list(slots("1.23")) == [(0.0, "1"), (1.0, "2"), (1.0 + score.SWING, "3")]


def test_rests_pass_time_in_silence():
    assert list(line("r:.5 -:1 5:2")) == [(0.0, 0.5, "r"), (1.5, 2.0, "5")]
