"""Packing: stems land in the pool sample by sample, classes are summed, one gain for a song, training reads it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from dataset_copies import RATE, folder, medleydb, musdb18, slakh, tone, write

from offline_train.datasets import DataSet, open_set
from offline_train.datasets.pack import missing, pack, seconds
from offline_train.datasets.packsong import Packed
from offline_train.pool import Pool


def quietly(data: DataSet, out: Path, **options) -> tuple[list[Packed], list[str]]:
    said: list[str] = []
    return pack(data, out, jobs=1, say=said.append, **options), said


def test_sixteen_bit_stems_are_kept_to_the_bit(tmp_path: Path) -> None:
    quietly(open_set("musdb18", musdb18(tmp_path / "set", ["A - B"], ["C - D"])), tmp_path / "pool")
    song = Pool(tmp_path / "pool", "train").songs[0]
    assert song.name == "musdb18/train/A - B"
    assert sorted(song.stems) == ["bass", "drums", "other", "vocals"]
    for stem, items in song.stems.items():
        wanted = soundfile.read(tmp_path / "set" / "train" / "A - B" / f"{stem}.wav", dtype="int16")[0]
        np.testing.assert_array_equal(items[0].audio, wanted)
    assert len(Pool(tmp_path / "pool", "test").songs) == 1


def test_item_tells_its_origin(tmp_path: Path) -> None:
    quietly(
        open_set("slakh2100", slakh(tmp_path / "set", {"train/Track00001": [("Bass", 33, False)]})), tmp_path / "pool"
    )
    meta = next(iter(Pool(tmp_path / "pool").items.values())).meta
    wanted = {
        "class": "bass",
        "kind": "rendered",
        "song": "slakh2100/Track00001",
        "split": "train",
        "licence": "CC BY 4.0",
        "seconds": 2.0,
        "gain": 1.0,
        "speed": 1.0,
        "set": "slakh2100",
    }
    assert {key: meta[key] for key in wanted} == wanted
    assert "Slakh2100" in meta["source"] and "Manilow" in meta["credit"]


def test_tracks_of_a_class_are_summed(tmp_path: Path) -> None:
    data = open_set("folder", folder(tmp_path / "set", {"One": ["kick.wav", "snare.wav", "bass.wav"]}))
    quietly(data, tmp_path / "pool")
    song = Pool(tmp_path / "pool").songs[0]
    assert len(song.stems["drums"]) == 1
    np.testing.assert_array_equal(song.read("drums", 0, RATE), data.songs[0].read("drums", 0, RATE))


def test_one_gain_for_the_song_so_that_nothing_clips(tmp_path: Path) -> None:
    for name, level in (("kick", 0.9), ("snare", 0.9), ("bass", 0.2)):
        write(
            tmp_path / "set" / "One" / f"{name}.wav", tone(name, level=4 * level).clip(-level, level), subtype="FLOAT"
        )
    data = open_set("folder", tmp_path / "set")
    _, said = quietly(data, tmp_path / "pool")
    song = Pool(tmp_path / "pool").songs[0]
    gain = song.stems["bass"][0].meta["gain"]
    assert gain < 1.0 and song.stems["drums"][0].meta["gain"] == gain
    for stem in ("drums", "bass"):
        wanted = data.songs[0].read(stem, 0, 2 * RATE)
        np.testing.assert_allclose(song.read(stem, 0, 2 * RATE), wanted * gain, atol=1 / 32768)
    assert max(np.abs(song.read("drums", 0, 2 * RATE)).max(), 0) <= 1.0
    assert any("was lowered by" in text for text in said)


def test_rates_may_differ_within_a_song(tmp_path: Path) -> None:
    write(tmp_path / "set" / "One" / "vocals.wav", tone("v", 2.0))
    write(tmp_path / "set" / "One" / "bass.wav", rate=48000, seconds=2.0)
    write(tmp_path / "set" / "One" / "piano.wav", rate=22050, seconds=2.0, channels=1)
    results, _ = quietly(open_set("folder", tmp_path / "set"), tmp_path / "pool")
    assert not results[0].fault
    song = Pool(tmp_path / "pool").songs[0]
    assert {len(items[0].audio) for items in song.stems.values()} == {2 * RATE}


def test_split_and_limit(tmp_path: Path) -> None:
    names = {f"{split}/S{number}": ["bass.wav"] for split in ("train", "valid") for number in range(4)}
    data = open_set("folder", folder(tmp_path / "set", names))
    results, _ = quietly(data, tmp_path / "pool", splits=["train"], limit=2)
    assert len(results) == 2 and {result.split for result in results} == {"train"}
    again, _ = quietly(data, tmp_path / "other", splits=["train"], limit=2)
    assert [result.song for result in again] == [result.song for result in results]


def test_seconds_and_classes_without_material(tmp_path: Path) -> None:
    data = open_set("medleydb", medleydb(tmp_path / "set", {"A_B": ["piano", "male singer"]}))
    results, _ = quietly(data, tmp_path / "pool")
    split = data.songs[0].split
    assert seconds(results)["piano"] == {split: 2.0}
    assert missing(data, results) == [
        f"No material of drums, bass, electric_guitar, acoustic_guitar, other in the split {split} of medleydb."
    ]


def test_several_processes_make_the_same_pool(tmp_path: Path) -> None:
    data = open_set("folder", folder(tmp_path / "set", {f"S{n}": ["bass.wav", "piano.wav"] for n in range(3)}))
    quietly(data, tmp_path / "one")
    pack(data, tmp_path / "two", jobs=2, say=lambda text: None)
    assert (tmp_path / "one" / "pool.json").read_bytes() == (tmp_path / "two" / "pool.json").read_bytes()
    for path in sorted((tmp_path / "one" / "audio").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / "audio" / path.name).read_bytes()


def test_two_sets_in_one_pool(tmp_path: Path) -> None:
    quietly(open_set("folder", folder(tmp_path / "a", {"One": ["bass.wav"]})), tmp_path / "pool")
    quietly(open_set("folder", folder(tmp_path / "b", {"One": ["bass.wav"]})), tmp_path / "pool")
    assert sorted(song.name for song in Pool(tmp_path / "pool").songs) == ["a/One", "b/One"]


@pytest.mark.parametrize("name", ["Ünïcode – Straße", "a/../b", "x" * 120])
def test_any_song_name_makes_a_file_name(tmp_path: Path, name: str) -> None:
    folder(tmp_path / "set", {name: ["bass.wav"]})
    results, _ = quietly(open_set("folder", tmp_path / "set"), tmp_path / "pool")
    assert len(results[0].items) == 1
    assert (tmp_path / "pool" / "audio" / f"{results[0].items[0]}.npy").is_file()
