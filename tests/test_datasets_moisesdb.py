"""MoisesDB: the track's kind decides on the class, else its stem; bleeding tracks stay out."""

from pathlib import Path

import pytest
from dataset_copies import classes, moisesdb

from offline_train.datasets import open_set
from rtiass.errors import UserError

TRACKS = [
    ("vocals", "lead female singer", False),
    ("vocals", "background vocals", False),
    ("guitar", "acoustic guitar", False),
    ("guitar", "distorted electric guitar", False),
    ("percussion", "pitched percussion (mallets, glockenspiel, ...)", False),
    ("percussion", "something new", False),
    ("other", "click track", False),
    ("piano", "grand piano", True),
]


def test_tracks(tmp_path: Path) -> None:
    data = open_set("moisesdb", moisesdb(tmp_path, {"u1": ("Band", TRACKS)}))
    song = data.songs[0]
    assert [name for name, _ in classes(song)] == [
        "vocals",
        "vocals",
        "acoustic_guitar",
        "electric_guitar",
        "other",
        "drums",
    ]
    assert song.name == "Band - Song u1"
    assert song.tracks[0].seconds == 2.0
    assert "Tracks left out because other instruments bleed into them: 1." in data.notes[0]


def test_bleed_on_demand(tmp_path: Path) -> None:
    data = open_set("moisesdb", moisesdb(tmp_path, {"u1": ("Band", TRACKS)}), bleed=True)
    assert "piano" in data.songs[0].stems


def test_songs_of_one_artist_share_a_split(tmp_path: Path) -> None:
    one = [("bass", "bass guitar", False)]
    data = open_set("moisesdb", moisesdb(tmp_path, {f"u{n}": ("Same", one) for n in range(3)}))
    assert len({song.split for song in data.songs}) == 1


def test_damaged_description_is_named(tmp_path: Path) -> None:
    moisesdb(tmp_path, {"u1": ("Band", TRACKS[:1])})
    path = tmp_path / "moisesdb_v0.1" / "u1" / "data.json"
    path.write_text('{"stems": [{"tracks": []}]}')
    with pytest.raises(UserError, match=r"u1.data\.json is not a song's description"):
        open_set("moisesdb", tmp_path)
