"""Estimates of other systems: the truth itself scores as the truth, and what is missing is a sentence."""

import shutil

import pytest
from dataset_copies import tone, write
from fake_engine import FakeSession, fake_bundle

from offline_train.evaluate import evaluate
from offline_train.evaluation.material import open_material
from offline_train.evaluation.peers import Peer, peer_in
from offline_train.evaluation.song import Plan
from offline_train.evaluation.truth import cut_song
from offline_train.lineup import LINEUPS, Lineup
from rtiass.errors import UserError

STEMS = ("vocals", "drums", "bass", "other")
PLAN = Plan(modes=("live",), ideal=False, museval=False)


@pytest.fixture
def folder(tmp_path):
    for song in ("a/One", "a/Two"):
        for stem in STEMS:
            write(tmp_path / "songs" / song / f"{stem}.wav", tone(f"{song}{stem}"))
    return tmp_path / "songs"


@pytest.fixture
def copy(folder, tmp_path):
    """The true stems as if a system had found them, named as its songs are: by the mixture's file."""
    for song in ("One", "Two"):
        shutil.copytree(folder / "a" / song, tmp_path / "peer" / f"a_{song}")
    return tmp_path / "peer"


def truth(folder, lineup="band"):
    return cut_song(open_material("folder", folder, "all").song("a/One"), Lineup(LINEUPS[lineup]), 1.0)


def test_perfect_estimates_score_as_the_truth(folder, copy):
    material = open_material("folder", folder, "all")
    material.listed = material.listed[:1]
    plan = Plan(modes=("live",), ideal=False, seconds=1.0)
    report = evaluate(fake_bundle(), FakeSession(), material, plan, lambda text: None, peers=[Peer("ideal", copy)])
    rows = report["songs"]["recorded"]["a/One"]
    for stem in STEMS:
        assert rows["ideal"][stem]["sdr"] > 90 > 20 > rows["live"][stem]["sdr"]
        assert rows["ideal"][stem]["museval_sir"] > 90


@pytest.mark.parametrize(
    ("lineup", "stems"), [("karaoke", ("vocals", "accompaniment")), ("six", ("vocals", "drums", "bass"))]
)
def test_a_peer_stands_beside_every_model_with_the_stems_that_it_tells(folder, copy, lineup, stems):
    own = truth(folder, lineup)
    found = Peer("it", copy).estimates(own, LINEUPS[lineup])
    assert set(found) == set(stems)
    for stem in stems:
        assert found[stem] == pytest.approx(own.target(stem), abs=1e-6)


def test_what_is_left_without_vocals_counts_where_nothing_finer_is_there(folder, tmp_path):
    own = truth(folder, "karaoke")
    place = tmp_path / "two" / "One"
    write(place / "no_vocals.wav", tone("rest"))
    write(place / "vocals.wav", tone("a/Onevocals"))
    assert set(Peer("two", tmp_path / "two").estimates(own, LINEUPS["karaoke"])) == {"vocals", "accompaniment"}
    assert set(Peer("two", tmp_path / "two").estimates(own, LINEUPS["band"])) == {"vocals"}
    write(place / "drums.wav", tone("drums"))
    finer = Peer("two", tmp_path / "two").estimates(own, LINEUPS["karaoke"])
    assert finer["accompaniment"] == pytest.approx(tone("drums")[own.start : own.start + own.samples].T, abs=1e-4)


def test_a_guitar_stem_of_both_kinds_is_not_taken_for_one_of_them(folder, tmp_path):
    for name in (*STEMS, "guitar", "piano"):
        write(tmp_path / "six" / "One" / f"{name}.wav", tone(name))
    peer = Peer("six", tmp_path / "six")
    assert set(peer.estimates(truth(folder, "six"), LINEUPS["six"])) == {"vocals", "drums", "bass", "piano"}
    rest = sum(tone(name) for name in ("other", "guitar", "piano"))
    own = truth(folder)
    expected = rest[own.start : own.start + own.samples].T
    assert peer.estimates(own, LINEUPS["band"])["other"] == pytest.approx(expected, abs=1e-3)


def measured(folder, peer):
    material = open_material("folder", folder, "all")
    return evaluate(fake_bundle(), FakeSession(), material, PLAN, lambda text: None, peers=[peer])


def test_a_missing_song_is_a_sentence_before_anything_is_measured(folder, copy):
    shutil.rmtree(copy / "a_Two")
    with pytest.raises(UserError, match=r"has no folder a_Two: it has no estimate.*--mixtures"):
        measured(folder, Peer("it", copy))


def test_a_missing_stem_is_a_sentence(folder, copy):
    (copy / "a_Two" / "bass.wav").unlink()
    with pytest.raises(UserError, match=r"a_Two has no bass\.wav, which other songs of it have"):
        measured(folder, Peer("it", copy))


def test_an_estimate_that_ends_too_early_is_a_sentence(folder, copy):
    write(copy / "a_One" / "bass.wav", tone("short", 0.4))
    with pytest.raises(UserError, match=r"bass of a/One by it lasts 0\.4 s .*the whole song"):
        measured(folder, Peer("it", copy))


@pytest.mark.parametrize("text", ["peers", "=peers", "it="])
def test_a_peer_has_a_name_and_a_folder(text):
    with pytest.raises(UserError, match="NAME=FOLDER"):
        peer_in(text)


def test_an_empty_or_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="holds no estimates of it"):
        Peer("it", tmp_path)
    with pytest.raises(UserError, match="There is no folder"):
        Peer("it", tmp_path / "none")
