"""A melody is cut into phrases that can be breathed."""

from itertools import pairwise

from offline_train.render.pop909 import Note
from offline_train.render.voice import phrases


def test_gaps_part_phrases_and_small_ones_are_closed() -> None:
    notes = (Note(0, 0.4, 60, 90), Note(0.5, 0.9, 62, 90), Note(2.0, 2.5, 64, 90))
    found = phrases(notes)
    assert [len(phrase) for phrase in found] == [2, 1]
    assert found[0][0].end == 0.5


def test_long_phrases_get_a_breath() -> None:
    notes = tuple(Note(0.6 * i, 0.6 * i + 0.6, 60, 90) for i in range(30))
    found = phrases(notes)
    assert len(found) >= 3
    for before, after in pairwise(found):
        assert after[0].start - before[-1].end > 0.2


def test_one_voice_only() -> None:
    notes = (Note(0, 1, 60, 90), Note(0.5, 1.5, 64, 90), Note(0.52, 1.5, 67, 90))
    (phrase,) = phrases(notes)
    assert [n.pitch for n in phrase] == [60, 64]
    assert phrase[0].end == 0.5
