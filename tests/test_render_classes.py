"""Class and sound of an item agree: by program, and for bass lines by the track's name."""

import pytest
from render_sources import tone

from offline_train.datasets.classmap import load
from offline_train.lineup import CLASSES
from offline_train.render.backing import by_class, levelled
from offline_train.render.classes import class_of_program, class_of_track
from offline_train.render.fluid import Part


@pytest.mark.parametrize(
    ("program", "target"),
    [
        (0, "piano"),
        (4, "piano"),
        (6, "other"),
        (24, "acoustic_guitar"),
        (25, "acoustic_guitar"),
        (27, "electric_guitar"),
        (30, "electric_guitar"),
        (33, "bass"),
        (38, "bass"),
        (48, "other"),
        (43, "bass"),
        (104, "other"),
        (117, "drums"),
    ],
)
def test_programs(program: int, target: str) -> None:
    assert class_of_program(program) == target


def test_every_program_has_a_class() -> None:
    assert {class_of_program(program) for program in range(128)} <= set(CLASSES)


@pytest.mark.parametrize(
    ("name", "program", "percussion", "expected"),
    [
        ("Bass-Lower", 25, False, ("bass", 33)),
        ("Bass", 32, False, ("bass", 32)),
        ("Walk", 58, False, ("bass", 58)),
        ("Chord-Guitar", 27, False, ("electric_guitar", 27)),
        ("Arpeggio", 0, False, ("piano", 0)),
        ("Chord", 33, False, ("bass", 33)),
        ("Bassoonish", 70, False, ("other", 70)),
        ("Drum-Kick", 0, True, ("drums", 0)),
    ],
)
def test_tracks(name: str, program: int, percussion: bool, expected: tuple[str, int]) -> None:
    assert class_of_track(name, program, percussion) == expected


def test_parts_are_split_and_levelled_together() -> None:
    parts = [Part((), 0), Part((), 48), Part((), 1), Part((), 29)]
    groups = by_class(parts)
    assert {name: len(members) for name, members in groups.items()} == {"piano": 2, "other": 1, "electric_guitar": 1}
    stems = {"piano": tone(200, 2.0)[:, None].repeat(2, 1), "other": 0.25 * tone(300, 2.0)[:, None].repeat(2, 1)}
    out = levelled(stems, -30.0)
    assert abs(abs(out["piano"]).max() / abs(out["other"]).max() - 4) < 0.1


def test_programs_are_classified_as_in_every_data_set() -> None:
    mapping = load("slakh")
    assert [class_of_program(program) for program in range(128)] == [mapping.of_program(p) for p in range(128)]
