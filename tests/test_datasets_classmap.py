"""Class mappings: every shipped file is sound, a user's file lies over it, and mistakes in it are named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_train.datasets.classmap import FOLDER, ClassMap, load, words
from offline_train.datasets.registry import ENTRIES
from offline_train.lineup import CLASSES
from rtiass.errors import UserError

NAMES = load("track_names")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_mappings_load(path: Path) -> None:
    mapping = load(path.stem)
    assert set(mapping.classes) <= set(CLASSES)
    assert mapping.names or mapping.programs


def test_every_set_has_a_mapping() -> None:
    assert {entry.mapping for entry in ENTRIES} <= {path.stem for path in FOLDER.glob("*.toml")}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("01_Kick", "drums"),
        ("KickSample", "drums"),
        ("12_Overheads", "drums"),
        ("BassDrum", "drums"),
        ("05_Bass_DI", "bass"),
        ("SynthBass2", "bass"),
        ("ElecGtr2a", "electric_guitar"),
        ("AcGtr", "acoustic_guitar"),
        ("Acoustic Guitar (left)", "acoustic_guitar"),
        ("LeadVoxDT1", "vocals"),
        ("lead vocals", "vocals"),
        ("backing-vocals", "vocals"),
        ("Rhodes", "piano"),
        ("grand_piano", "piano"),
        ("keys", "other"),
        ("AltoSax", "other"),
        ("bass clarinet", "other"),
        ("steel drums", "other"),
        ("mixture", None),
        ("Click", None),
    ],
)
def test_track_names(name: str, wanted: str | None) -> None:
    assert NAMES.of(name) == wanted


@given(st.sampled_from(sorted(NAMES.names)), st.integers(0, 99), st.sampled_from(["_", " ", "-", "."]))
def test_a_listed_name_is_found_in_any_spelling(phrase: tuple[str, ...], number: int, gap: str) -> None:
    wanted = NAMES.names[phrase]
    for spelled in (gap.join(phrase), "".join(word.capitalize() for word in phrase), gap.join(phrase).upper()):
        found = NAMES.of(f"{number:02d}{gap}{spelled}{number}")
        assert (found or "skip") == wanted


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        (0, "piano"),
        (4, "piano"),
        (6, "other"),
        (24, "acoustic_guitar"),
        (30, "electric_guitar"),
        (33, "bass"),
        (81, "other"),
    ],
)
def test_general_midi(program: int, wanted: str) -> None:
    midi = load("general_midi")
    assert midi.of_program(program) == wanted
    assert midi.of_program(program, drum=True) == "drums"


def test_general_midi_is_whole() -> None:
    assert sorted(load("general_midi").programs) == list(range(128))


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "my.toml"
    path.write_text(text)
    return path


def test_a_mapping_of_ones_own_goes_first(tmp_path: Path) -> None:
    mapping = load("track_names", own(tmp_path, 'unknown = "skip"\n[names]\npiano = ["keys"]\n'))
    assert mapping.of("keys 2") == "piano"
    assert mapping.of("LeadVox") == "vocals"
    assert mapping.of("xyzzy") is None
    assert mapping.notes() == ["'xyzzy' (1 track) is not listed in my.toml: left out."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[names", "not proper TOML"),
        ("[names]\nguitar = ['x']", "the class 'guitar'"),
        ("[names]\npiano = ['x']\nbass = ['X']", "'X' in two classes"),
        ("[names]\npiano = 'x'", "needs a list of names"),
        ("[programs]\npiano = ['0-200']", "'0-200' is no program"),
        ("[programs]\npiano = [1]\nbass = ['0-3']", "program 1 in two classes"),
        ("match = 'fuzzy'", "match is 'fuzzy'"),
        ("unknown = 'noise'", "the class 'noise'"),
        ("extends = 'nothing'", "extends 'nothing'"),
        ("instruments = 1", "unknown key 'instruments'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = own(tmp_path, text)
    with pytest.raises(UserError, match=message) as caught:
        load("medleydb", path)
    assert str(path) in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.toml can't be read"):
        load("medleydb", tmp_path / "none.toml")


@given(st.text(max_size=30))
def test_words_never_fail(name: str) -> None:
    assert all(word and not any(letter.isdecimal() or letter in " _-" for letter in word) for word in words(name))
    assert ClassMap("x").of(name) == "other"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("07_Room", "drums"),
        ("Overheads", "drums"),
        ("SnareRoom", "drums"),
        ("GuitarRoomMics", "electric_guitar"),
        ("Piano Overhead", "piano"),
        ("BassRoom", "bass"),
        ("CelloRoom", "other"),
        ("Bass Flute", "other"),
    ],
)
def test_rooms_and_overheads_belong_to_the_instrument_that_is_named(name: str, wanted: str) -> None:
    assert load("track_names").of(name) == wanted


def test_a_weak_name_must_be_listed(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('weak = ["barn"]')
    with pytest.raises(UserError, match=r"own\.toml, weak"):
        load("track_names", tmp_path / "own.toml")
