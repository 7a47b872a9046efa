"""MUSDB18-HQ by the musdb package: stems, the split 86/14/50, and clear words when something is missing."""

import importlib.resources
import sys
from pathlib import Path

import pytest
import yaml
from dataset_copies import by_key, classes, musdb18
from ffmpeg_needed import NEEDS_FFMPEG

from offline_train.datasets import open_set
from rtiass.errors import UserError

VALID = "Actions - One Minute Smile"


@NEEDS_FFMPEG
def test_split_and_stems(tmp_path: Path) -> None:
    musdb18(tmp_path, ["A Classic Education - NightOwl", VALID], ["Al James - Schoolboy Facination"])
    songs = by_key(open_set("musdb18", tmp_path))
    assert {key: song.split for key, song in songs.items()} == {
        "train/A Classic Education - NightOwl": "train",
        f"train/{VALID}": "valid",
        "test/Al James - Schoolboy Facination": "test",
    }
    stems = sorted(classes(songs[f"train/{VALID}"]))
    assert stems == [(name, f"{name}.wav") for name in ("bass", "drums", "other", "vocals")]
    assert songs[f"train/{VALID}"].credit == "Actions"


@NEEDS_FFMPEG
def test_the_packages_own_fourteen_names_are_the_validation_split(tmp_path: Path) -> None:
    text = importlib.resources.files("musdb").joinpath("configs/mus.yaml").read_text("utf-8")
    names = yaml.safe_load(text)["validation_tracks"]
    assert len(names) == 14
    for name in (*names, "Somebody - Else"):
        for stem in ("vocals", "drums", "bass", "other"):
            path = tmp_path / "train" / name / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    data = open_set("musdb18", tmp_path)
    assert sorted(song.name for song in data.of("valid")) == sorted(names)
    assert [song.name for song in data.of("train")] == ["Somebody - Else"]


@NEEDS_FFMPEG
def test_missing_stem_is_told(tmp_path: Path) -> None:
    musdb18(tmp_path, ["A - B"], [])
    (tmp_path / "train" / "A - B" / "bass.wav").unlink()
    data = open_set("musdb18", tmp_path)
    assert data.notes[0] == f"{tmp_path / 'train' / 'A - B'} has no bass.wav."


@NEEDS_FFMPEG
def test_a_part_of_the_set_is_told(tmp_path: Path) -> None:
    data = open_set("musdb18", musdb18(tmp_path, ["A - B"], []))
    assert data.notes == [
        f"Songs of {tmp_path}: 1 train, 0 valid, 0 test; the whole set has 86 train, 14 valid, 50 test."
    ]


def test_without_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    musdb18(tmp_path / "set", ["A - B"], [])
    for name in [name for name in sys.modules if name.split(".")[0] in ("musdb", "stempeg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="needs the programs ffmpeg and ffprobe"):
        open_set("musdb18", tmp_path / "set")


@NEEDS_FFMPEG
def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    musdb18(tmp_path, ["A - B"], [])
    monkeypatch.setitem(sys.modules, "musdb", None)
    with pytest.raises(UserError, match="pip install"):
        open_set("musdb18", tmp_path)


@NEEDS_FFMPEG
def test_damaged_mixture_is_named(tmp_path: Path) -> None:
    musdb18(tmp_path, ["A - B"], [])
    broken = tmp_path / "train" / "A - B" / "mixture.wav"
    broken.write_bytes(b"not a sound at all")
    with pytest.raises(UserError, match=r"A - B.mixture\.wav"):
        open_set("musdb18", tmp_path)


@NEEDS_FFMPEG
def test_the_lossy_edition_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "A - B.stem.mp4").write_bytes(b"")
    with pytest.raises(UserError, match="MUSDB18-HQ is wanted"):
        open_set("musdb18", tmp_path)
