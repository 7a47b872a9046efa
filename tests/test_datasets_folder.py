"""A plain folder of stems: classes by file name, splits by folder, licence from set.toml."""

from pathlib import Path

import pytest
from dataset_copies import by_key, classes, folder

from offline_train.datasets import open_set
from rtiass.errors import UserError


def test_songs_and_splits(tmp_path: Path) -> None:
    folder(
        tmp_path,
        {
            "train/One": ["lead vocals.wav", "Kick.flac", "mixture.wav"],
            "validation/Two": ["piano.ogg"],
            "test/Album/Three": ["bass.wav"],
        },
    )
    (tmp_path / "train" / "One" / "notes.txt").write_text("nothing to hear")
    songs = by_key(open_set("folder", tmp_path))
    assert {key: song.split for key, song in songs.items()} == {
        "train/One": "train",
        "validation/Two": "valid",
        "test/Album/Three": "test",
    }
    assert classes(songs["train/One"]) == [("drums", "Kick.flac"), ("vocals", "lead vocals.wav")]


def test_without_split_folders_all_is_training(tmp_path: Path) -> None:
    data = open_set("folder", folder(tmp_path, {"One": ["vocals.wav"], "Two": ["bass.wav"]}))
    assert [song.split for song in data.songs] == ["train", "train"]
    assert any("licence" in note and "set.toml" in note for note in data.notes)


def test_set_toml(tmp_path: Path) -> None:
    folder(tmp_path, {"One": ["vocals.wav"]})
    (tmp_path / "set.toml").write_text('licence = "CC0-1.0"\ncredit = "Me"\nkind = "sampled"\nsource = "My songs"\n')
    data = open_set("folder", tmp_path)
    assert (data.kind, data.source, data.notes) == ("sampled", "My songs", [])
    assert (data.songs[0].licence, data.songs[0].credit) == ("CC0-1.0", "Me")


@pytest.mark.parametrize("text", ["licence = 1", 'kind = "live"', "licence = ", 'author = "Me"'])
def test_wrong_set_toml_is_named(tmp_path: Path, text: str) -> None:
    folder(tmp_path, {"One": ["vocals.wav"]})
    (tmp_path / "set.toml").write_text(text)
    with pytest.raises(UserError, match=r"set\.toml"):
        open_set("folder", tmp_path)


def test_own_mapping(tmp_path: Path) -> None:
    folder(tmp_path / "set", {"One": ["keys.wav", "gadget.wav"]})
    (tmp_path / "my.toml").write_text('[names]\npiano = ["keys"]\n')
    data = open_set("folder", tmp_path / "set", tmp_path / "my.toml")
    assert classes(data.songs[0]) == [("other", "gadget.wav"), ("piano", "keys.wav")]
    assert "'gadget' (1 track) is not listed in my.toml: taken as other." in data.notes


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no song"):
        open_set("folder", tmp_path)
    with pytest.raises(UserError, match="There is no folder"):
        open_set("folder", tmp_path / "none")
