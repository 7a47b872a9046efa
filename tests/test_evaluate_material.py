"""Songs as they lie: a folder of stems gives the truth, the labels and the figures that a pool made of it gives."""

import numpy as np
import pytest
from dataset_copies import musdb18, tone, write
from fake_engine import FakeSession, fake_bundle
from ffmpeg_needed import NEEDS_FFMPEG

from offline_train.datasets import open_set
from offline_train.datasets.pack import pack
from offline_train.evaluate import evaluate, only_kinds
from offline_train.evaluation.material import open_material
from offline_train.evaluation.song import Plan
from offline_train.evaluation.truth import cut_song, known_stems
from offline_train.lineup import BAND, LINEUPS, Lineup
from rtiass.errors import UserError

STEMS = ("vocals", "drums", "bass", "other")


@pytest.fixture
def folder(tmp_path):
    for song in ("One", "Two"):
        for k, stem in enumerate(STEMS):
            sound = tone(f"{song}{stem}", 2.2, level=0.3)
            sound[: 20000 * k] = 0
            write(tmp_path / "songs" / song / f"{stem}.wav", sound)
        write(tmp_path / "songs" / song / "mixture.wav")
    return tmp_path / "songs"


def test_a_folder_is_measured_as_the_pool_made_of_it(folder, tmp_path):
    (folder / "set.toml").write_text('licence = "CC0"\n')
    pack(open_set("folder", folder), tmp_path / "pool", jobs=1)
    plan = Plan(modes=("live",), museval=False, ideal=False)
    pooled, plain = (
        evaluate(fake_bundle(), FakeSession(), open_material(layout, place, "train"), plan, lambda text: None)
        for layout, place in (("pool", tmp_path / "pool"), ("folder", folder))
    )
    rows = [report["songs"]["recorded"] for report in (pooled, plain)]
    assert len(rows[0]) == len(rows[1]) == 2
    for ours, its in zip(rows[0].values(), rows[1].values(), strict=True):
        for stem in STEMS:
            for figure in ("sdr", "usdr", "f1", "auc", "false_open"):
                assert its["live"][stem][figure] == pytest.approx(ours["live"][stem][figure], abs=1e-6, nan_ok=True)


def test_a_set_of_four_stems_says_nothing_of_guitars(folder):
    song = open_material("folder", folder, "all").song("One")
    assert known_stems(song, BAND) == STEMS
    assert known_stems(song, Lineup(LINEUPS["karaoke"])) == LINEUPS["karaoke"]
    assert known_stems(song, Lineup(LINEUPS["six"])) == ("vocals", "drums", "bass")
    six = cut_song(song, Lineup(LINEUPS["six"]))
    np.testing.assert_allclose(six.mixture, cut_song(song, BAND).mixture, atol=1e-6)


def test_splits_kinds_and_several_tracks_of_a_class(tmp_path):
    for name in ("Kick", "Snare", "LeadVox"):
        write(tmp_path / "test" / "A" / f"{name}.wav")
    write(tmp_path / "train" / "B" / "bass.wav", rate=48000, channels=1)
    (tmp_path / "set.toml").write_text('kind = "sampled"\n')
    material = open_material("folder", tmp_path, "test")
    assert [(song.name, song.kind) for song in material.listed] == [("test/A", "rendered")]
    song = material.song("test/A")
    assert {name: len(items) for name, items in song.stems.items()} == {"drums": 2, "vocals": 1}
    assert [song.name for song in open_material("folder", tmp_path, "all").listed] == ["test/A", "train/B"]
    assert open_material("folder", tmp_path, "train").song("train/B").samples == 2 * 44100
    assert only_kinds(material, ["recorded"]).listed == []


@NEEDS_FFMPEG
def test_musdb18_is_read_as_it_was_unpacked(tmp_path):
    musdb18(tmp_path, ["A Classic Education - NightOwl"], ["Al James - Schoolboy Facination"])
    material = open_material("musdb18", tmp_path, "test")
    assert [(song.name, song.kind) for song in material.listed] == [
        ("test/Al James - Schoolboy Facination", "recorded")
    ]
    assert known_stems(material.song(material.listed[0].name), BAND) == STEMS


@pytest.mark.parametrize(
    ("layout", "split", "sentence"),
    [
        ("folder", "valid", "no songs of the split 'valid'. Splits that it has: train, or all"),
        ("cassette", "all", "There is no layout 'cassette'"),
        ("pool", "valid", "There is no pool"),
    ],
)
def test_what_is_not_there_is_a_sentence(folder, layout, split, sentence):
    with pytest.raises(UserError, match=sentence):
        open_material(layout, folder, split)


def test_a_damaged_file_is_a_sentence(folder):
    (folder / "One" / "bass.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(UserError, match=r"bass\.wav"):
        open_material("folder", folder, "all").song("One")
