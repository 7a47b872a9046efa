"""MedleyDB: instruments become classes, songs with bleed stay out, metadata beside the songs or apart."""

import json
from pathlib import Path

import pytest
from dataset_copies import by_key, classes, medleydb

from offline_train.datasets import open_set
from offline_train.datasets.pack import pack
from offline_train.lineup import CLASSES
from rtiass.errors import UserError

SONGS = {
    "LizNelson_Rainfall": ["female singer", "acoustic guitar", "Main System"],
    "Phoenix_ScotchMorris": ["drum set", "electric bass", "piano", "violin", "distorted electric guitar"],
}


@pytest.mark.parametrize("apart", [False, True])
def test_instruments(tmp_path: Path, apart: bool) -> None:
    songs = by_key(open_set("medleydb", medleydb(tmp_path, SONGS, apart=apart)))
    assert [name for name, _ in classes(songs["LizNelson_Rainfall"])] == ["vocals", "acoustic_guitar"]
    assert classes(songs["Phoenix_ScotchMorris"]) == [
        ("drums", "Phoenix_ScotchMorris_STEM_01.wav"),
        ("bass", "Phoenix_ScotchMorris_STEM_02.wav"),
        ("piano", "Phoenix_ScotchMorris_STEM_03.wav"),
        ("other", "Phoenix_ScotchMorris_STEM_04.wav"),
        ("electric_guitar", "Phoenix_ScotchMorris_STEM_05.wav"),
    ]
    assert songs["LizNelson_Rainfall"].licence == "CC BY-NC-SA 4.0"
    assert songs["LizNelson_Rainfall"].seconds == 2.0


def test_bleed(tmp_path: Path) -> None:
    medleydb(tmp_path, SONGS, bleed=("LizNelson_Rainfall",))
    data = open_set("medleydb", tmp_path)
    assert list(by_key(data)) == ["Phoenix_ScotchMorris"]
    assert data.notes == ["Songs left out because instruments bleed into each other: 1. Take them with --bleed."]
    assert len(open_set("medleydb", tmp_path, bleed=True).songs) == 2


def test_one_artist_is_in_one_split(tmp_path: Path) -> None:
    names = [f"Artist{number}_Song{song}" for number in range(30) for song in "AB"]
    data = open_set("medleydb", medleydb_without_sound(tmp_path, names))
    places: dict[str, set[str]] = {}
    for song in data.songs:
        places.setdefault(song.key.partition("_")[0], set()).add(song.split)
    assert all(len(splits) == 1 for splits in places.values())
    assert {split for splits in places.values() for split in splits} == {"train", "valid", "test"}


def medleydb_without_sound(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name / f"{name}_STEMS").mkdir(parents=True)
        text = "has_bleed: no\nstems:\n  S01:\n    instrument: piano\n"
        (root / name / f"{name}_METADATA.yaml").write_text(text)
    return root


def test_several_instruments_in_one_stem(tmp_path: Path) -> None:
    medleydb(tmp_path, {"A_B": [["male singer", "female singer"], ["piano", "violin"]]})  # type: ignore[list-item]
    song = open_set("medleydb", tmp_path).songs[0]
    assert [name for name, _ in classes(song)] == ["vocals", "other"]
    assert [track.holds for track in song.tracks] == [(), ("other", "piano")]


def test_a_stem_with_a_microphone_for_everybody_may_hold_anything(tmp_path: Path) -> None:
    medleydb(tmp_path, {"A_B": [["piano", "Main System"], "violin"]})  # type: ignore[list-item]
    data = open_set("medleydb", tmp_path)
    together, violin = data.songs[0].tracks
    assert together.class_name == "other" and together.may_hold == set(CLASSES)
    assert violin.may_hold == {"other"}


def test_what_a_stem_may_hold_stands_in_the_pool(tmp_path: Path) -> None:
    medleydb(tmp_path / "set", {"A_B": [["male singer", "acoustic guitar"], "electric bass"]})  # type: ignore[list-item]
    pack(open_set("medleydb", tmp_path / "set"), tmp_path / "pool", jobs=1, say=lambda text: None)
    listed = json.loads((tmp_path / "pool" / "pool.json").read_text())
    assert {entry["class"]: entry.get("holds") for entry in listed} == {
        "bass": None,
        "other": ["acoustic_guitar", "other", "vocals"],
    }


def test_missing_metadata_is_named(tmp_path: Path) -> None:
    medleydb(tmp_path, {"A_B": ["piano"]})
    (tmp_path / "Audio" / "A_B" / "A_B_METADATA.yaml").unlink()
    with pytest.raises(UserError, match=r"A_B_METADATA\.yaml"):
        open_set("medleydb", tmp_path)


def test_damaged_metadata_is_named(tmp_path: Path) -> None:
    medleydb(tmp_path, {"A_B": ["piano"]})
    (tmp_path / "Audio" / "A_B" / "A_B_METADATA.yaml").write_text("stems: [1, {")
    with pytest.raises(UserError, match=r"A_B_METADATA\.yaml is not proper YAML"):
        open_set("medleydb", tmp_path)
