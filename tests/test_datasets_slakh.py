"""Slakh2100: programs become classes, drums by their flag, splits by folder or number."""

from pathlib import Path

from dataset_copies import by_key, classes, slakh

from offline_train.datasets import open_set

BAND = [("Piano", 0, False), ("Guitar", 30, False), ("Guitar", 24, False), ("Bass", 33, False), ("Drums", 0, True)]


def test_programs(tmp_path: Path) -> None:
    data = open_set("slakh2100", slakh(tmp_path, {"train/Track00001": BAND}))
    song = data.songs[0]
    wanted = ["piano", "electric_guitar", "acoustic_guitar", "bass", "drums"]
    assert classes(song) == [(name, f"S{number:02d}.flac") for number, name in enumerate(wanted)]
    assert data.kind == "rendered"
    sound = song.read("piano", 0, 100)
    assert sound.shape == (2, 100) and (sound[0] == sound[1]).all() and sound.any()


def test_stems_that_were_not_rendered_are_left_out(tmp_path: Path) -> None:
    data = open_set("slakh2100", slakh(tmp_path, {"train/Track00001": [("Pipe", -1, False), ("Bass", 32, False)]}))
    assert classes(data.songs[0]) == [("bass", "S01.flac")]


def test_split_folders(tmp_path: Path) -> None:
    one = [("Bass", 33, False)]
    names = ["train/Track00001", "validation/Track01600", "test/Track02000", "omitted/Track00049"]
    data = open_set("slakh2100", slakh(tmp_path, dict.fromkeys(names, one)))
    assert {song.key: song.split for song in data.songs} == {
        "Track00001": "train",
        "Track01600": "valid",
        "Track02000": "test",
    }


def test_split_by_number(tmp_path: Path) -> None:
    names = ["Track01500", "Track01501", "Track01875", "Track01876"]
    one = [("Bass", 33, False)]
    songs = by_key(open_set("slakh2100", slakh(tmp_path, dict.fromkeys(names, one))))
    assert [songs[name].split for name in names] == ["train", "valid", "valid", "test"]
