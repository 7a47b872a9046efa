"""A pool read as a data set: what was packed comes out again, at any rate."""

import json
from pathlib import Path

import numpy as np
import pytest
from dataset_copies import RATE, folder

from offline_train.datasets import open_set
from offline_train.datasets.pack import pack
from rtiass.errors import UserError


def test_packed_songs_come_back(tmp_path: Path) -> None:
    source = open_set("folder", folder(tmp_path / "mine", {"One": ["vocals.wav", "bass.wav"]}))
    pack(source, tmp_path / "pool", jobs=1, say=lambda text: None)
    song = open_set("pool", tmp_path / "pool").songs[0]
    assert (song.key, song.split, sorted(song.stems)) == ("mine/One", "train", ["bass", "vocals"])
    assert song.seconds == 2.0
    np.testing.assert_array_equal(song.read("bass", 500, 900), source.songs[0].read("bass", 500, 900))
    other = song.read("bass", 4800, 900, 48000)
    np.testing.assert_allclose(other, source.songs[0].read("bass", 4800, 900, 48000), atol=1e-6)
    assert not song.read("bass", 2 * RATE, 10).any()


def test_an_item_without_a_song_stands_alone(tmp_path: Path) -> None:
    shared = {"speed": 1.0, "split": "train", "source": "s", "licence": "l", "credit": "c"}
    items = [
        {"id": name, "class": "drums", "song": None, "seconds": 1.0, "kind": kind, **shared}
        for name, kind in (("a", "sampled"), ("b", "recorded"))
    ]
    (tmp_path / "audio").mkdir()
    for item in items:
        np.save(tmp_path / "audio" / f"{item['id']}.npy", np.ones((RATE, 2), np.int16))
    (tmp_path / "pool.json").write_text(json.dumps(items))
    data = open_set("pool", tmp_path)
    assert [(song.key, len(song.tracks), song.kind) for song in data.songs] == [
        ("a", 1, "sampled"),
        ("b", 1, "recorded"),
    ]


def test_no_pool_and_damaged_pool_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"pool\.json is missing"):
        open_set("pool", tmp_path)
    (tmp_path / "pool.json").write_text("[")
    with pytest.raises(UserError, match=r"pool\.json is damaged"):
        open_set("pool", tmp_path)


def test_every_licence_and_what_is_known_come_along(tmp_path: Path) -> None:
    shared = {
        "song": "s",
        "speed": 1.0,
        "split": "valid",
        "kind": "recorded",
        "seconds": 1.0,
        "known": ["electric_guitar"],
    }
    origins = {"electric_guitar": ("A", "MIT", "Ann"), "other": ("B + A", "CC0 + MIT", "Bob + Ann")}
    (tmp_path / "old" / "audio").mkdir(parents=True)
    items = []
    for name, (source, licence, credit) in origins.items():
        items.append({"id": name, "class": name, "source": source, "licence": licence, "credit": credit, **shared})
        np.save(tmp_path / "old" / "audio" / f"{name}.npy", np.full((RATE, 2), 900, np.int16))
    items[1]["holds"] = ["drums", "other"]
    (tmp_path / "old" / "pool.json").write_text(json.dumps(items))
    pack(open_set("pool", tmp_path / "old"), tmp_path / "new", jobs=1, say=lambda text: None)
    packed = {item["class"]: item for item in json.loads((tmp_path / "new" / "pool.json").read_text())}
    for item in packed.values():
        assert (item["source"], item["licence"], item["credit"]) == ("A + B", "MIT + CC0", "Ann + Bob")
        assert item["known"] == ["electric_guitar"]
    assert packed["other"]["holds"] == ["drums", "other"]
    assert "holds" not in packed["electric_guitar"]
