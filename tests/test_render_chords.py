"""Chord labels are read as root and steps."""

import pytest

from offline_train.render.pop909 import parse_chord


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("C:maj", (0, (0, 4, 7))),
        ("Bb:min7/b3", (10, (0, 3, 7, 10))),
        ("F#:sus4(b7)", (6, (0, 5, 7))),
        ("Cb", (11, (0, 4, 7))),
        ("G:min11", (7, (0, 3, 7))),
        ("N", None),
    ],
)
def test_labels(label: str, expected: tuple[int, tuple[int, ...]] | None) -> None:
    assert parse_chord(label) == expected
