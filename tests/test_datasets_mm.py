"""The MM set: a target and 1 to 5 tracks of other classes of the same split, mono, at equal RMS, drawn from a seed."""

from pathlib import Path

import numpy as np
import pytest
from dataset_copies import RATE, folder, medleydb, tone, write
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_train.datasets import open_set
from offline_train.datasets.base import DataSet, Song
from offline_train.datasets.filetrack import FileTrack
from offline_train.datasets.mm import LEVEL, SECONDS, TARGETS, MixPart, mixes
from offline_train.datasets.pack import pack
from offline_train.pool import Pool
from rtiass.errors import UserError

CLASSES = (*TARGETS, "other")


def virtual(songs: int) -> DataSet:
    """Songs in all splits whose files are not there: drawing must not need them."""
    out = []
    for number in range(songs):
        split = ("train", "valid", "test")[number % 3]
        song = Song(f"S{number}", f"S{number}", split, "l", "c")
        song.tracks += [FileTrack(name, Path(f"/nowhere/{number}-{name}.wav")) for name in CLASSES]
        out.append(song)
    return DataSet("virtual", "recorded", "s", CLASSES, out)


@settings(max_examples=20, deadline=None)
@given(songs=st.integers(1, 8), seed=st.integers(0, 1000))
def test_the_rule(songs: int, seed: int) -> None:
    data = virtual(songs)
    split = {track.files[0]: song.split for song in data.songs for track in song.tracks}
    drawn = mixes([data], seed=seed)
    assert len(drawn) == songs * len(TARGETS)
    assert len({song.key for song in drawn}) == len(drawn)
    for song in drawn:
        target, *others = song.tracks
        assert target.class_name == song.key.split("/")[0]
        assert 1 <= len(others) <= 5
        assert all(track.class_name != target.class_name for track in others)
        assert {split[track.files[0]] for track in song.tracks} == {song.split}
        assert len({track.files[0] for track in song.tracks}) == len(song.tracks)


def test_what_may_hold_the_target_is_in_no_mix_of_it() -> None:
    data = virtual(6)
    for song in data.songs:
        both = FileTrack("other", Path(f"/nowhere/{song.key}-both.wav"))
        both.holds = ("acoustic_guitar", "vocals")
        song.tracks = [both, *(track for track in song.tracks if track.class_name != "other")]
    beside: dict[str, set[str]] = {}
    for seed in range(5):
        for song in mixes([data], seed=seed):
            target, *others = song.tracks
            assert target.may_hold == {target.class_name}
            assert not any(target.class_name in track.may_hold for track in others)
            beside.setdefault(target.class_name, set()).update(name for track in others for name in track.holds)
    assert beside["piano"] == {"acoustic_guitar", "vocals"} and not beside["vocals"] | beside["acoustic_guitar"]


def test_seeded() -> None:
    def plan(seed: int) -> list[list[str]]:
        return [[track.fingerprint() for track in song.tracks] for song in mixes([virtual(6)], seed=seed)]

    assert plan(3) == plan(3)
    assert plan(3) != plan(4)
    assert {len(row) - 1 for row in plan(3)} == {1, 2, 3, 4, 5}


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def test_equal_rms_and_mono(tmp_path: Path) -> None:
    loud, quiet = (
        FileTrack(name, write(tmp_path / f"{name}.wav", tone(name, 4.0, level=level), subtype="FLOAT"))
        for name, level in (("piano", 0.7), ("bass", 0.003))
    )
    for track in (loud, quiet):
        part = MixPart(track, 2.0, seed=1)
        sound = part.read(0, 2 * RATE)
        assert rms(sound) == pytest.approx(LEVEL, rel=1e-4)
        np.testing.assert_array_equal(sound[0], sound[1])
        np.testing.assert_array_equal(sound[:, 3000:4000], part.read(3000, 1000))
        assert not part.read(2 * RATE, 10).any()


def test_excerpt_is_taken_where_something_sounds(tmp_path: Path) -> None:
    sound = np.zeros((20 * RATE, 2), np.float32)
    sound[: 8 * RATE] = tone("early", 8.0)
    part = MixPart(FileTrack("piano", write(tmp_path / "a.wav", sound)), 1.0, seed=5)
    assert rms(part.read(0, RATE)) == pytest.approx(LEVEL, rel=1e-4)


def test_a_shorter_recording_ends_in_silence(tmp_path: Path) -> None:
    part = MixPart(FileTrack("piano", write(tmp_path / "a.wav", tone("a", 1.0))), 3.0, seed=0)
    assert part.seconds == 3.0
    assert part.read(0, RATE).any() and not part.read(RATE, RATE).any()


def test_from_both_sets(tmp_path: Path) -> None:
    medleydb(tmp_path / "MedleyDB", {"A_One": ["male singer", "piano"]})
    folder(tmp_path / "Mixing_Secrets", {"A_Two_Full": ["Kick.wav", "Bass.wav"]})
    data = open_set("mm", tmp_path)
    assert sorted(song.key for song in data.songs) == [
        "bass/A_Two_Full/1",
        "drums/A_Two_Full/1",
        "piano/A_One/1",
        "vocals/A_One/1",
    ]
    mixed = next(song for song in data.songs if " + " in song.source)
    assert len(mixed.source.split(" + ")) == len(mixed.licence.split(" + ")) == len(mixed.credit.split(" + ")) == 2


def test_a_packed_mix_is_an_aligned_song(tmp_path: Path) -> None:
    medleydb(tmp_path / "set" / "MedleyDB", {"A_One": ["male singer", "piano", "electric bass"]})
    data = open_set("mm", tmp_path / "set")
    pack(data, tmp_path / "pool", jobs=1, say=lambda text: None)
    songs = Pool(tmp_path / "pool", data.songs[0].split).songs
    assert sorted(song.name for song in songs) == ["mm/bass/A_One/1", "mm/piano/A_One/1", "mm/vocals/A_One/1"]
    for song in songs:
        assert 2 <= len(song.stems) <= 3
        assert {items[0].samples for items in song.stems.values()} == {round(SECONDS * RATE)}
        levels = [rms(song.read(stem, 0, round(SECONDS * RATE))) for stem in song.stems]
        np.testing.assert_allclose(levels, levels[0], rtol=2e-3)


def test_neither_set_there(tmp_path: Path) -> None:
    (tmp_path / "something").mkdir()
    with pytest.raises(UserError, match="neither a folder medleydb nor mixing_secrets"):
        open_set("mm", tmp_path)
