"""Mixing Secrets: raw tracks by name, artists kept in one split."""

from pathlib import Path

import pytest
from dataset_copies import classes, folder, medleydb

from offline_train.datasets import open_set
from offline_train.datasets.base import split_by
from offline_train.datasets.mixing_secrets import artist


def test_raw_tracks(tmp_path: Path) -> None:
    files = ["01_Kick.wav", "02_SnareUp.wav", "08_Bass.wav", "10_ElecGtr1.wav", "12_AcousticGtr.wav", "20_LeadVox.wav"]
    data = open_set("mixing_secrets", folder(tmp_path, {"Rock/AngelsInAmplifiers_ImAlright_Full": files}))
    song = data.songs[0]
    wanted = ["drums", "drums", "bass", "electric_guitar", "acoustic_guitar", "vocals"]
    assert classes(song) == list(zip(wanted, files, strict=True))
    assert song.credit == "AngelsInAmplifiers, Mixing Secrets"
    assert "education" in song.licence


def test_artist() -> None:
    assert artist("AngelsInAmplifiers_ImAlright_Full") == "AngelsInAmplifiers"
    assert artist("Angels In Amplifiers - I'm Alright") == "Angels In Amplifiers"


def test_one_artist_one_split(tmp_path: Path) -> None:
    songs = {f"Somebody_Song{number}_Full": ["Bass.wav"] for number in range(5)}
    data = open_set("mixing_secrets", folder(tmp_path, songs))
    assert len({song.split for song in data.songs}) == 1


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("Night Panther - Fire", "NightPanther_Fire"),
        ("The Long Wait - Dark Horses", "TheLongWait_DarkHorses"),
        ("Fort Lean - Fire", "FortLean_Fire"),
        ("Céu & Sol - Mar", "CeuSol_Mar"),
    ],
)
def test_an_artist_is_in_one_split_of_both_sets(tmp_path: Path, here: str, there: str) -> None:
    secrets = open_set("mixing_secrets", folder(tmp_path / "secrets", {here: ["Bass.wav"]}))
    medley = open_set("medleydb", medleydb(tmp_path / "medleydb", {there: ["piano"]}))
    assert secrets.songs[0].split == medley.songs[0].split == split_by(there.partition("_")[0])


def test_spelling_does_not_matter() -> None:
    for number in range(100):
        spelt = (f"The Band {number}", f"TheBand{number}", f"the-band_{number}", f"Thé Bañd {number}")
        assert len({split_by(name) for name in spelt}) == 1


def test_names_are_spread_over_the_splits() -> None:
    splits = [split_by(f"Artist {number}") for number in range(2000)]
    assert [round(splits.count(name) / 2000, 1) for name in ("train", "valid", "test")] == [0.8, 0.1, 0.1]
