"""Mixing Secrets: raw tracks by name, artists kept in one split."""

from pathlib import Path

from dataset_copies import classes, folder

from offline_train.datasets import open_set
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
