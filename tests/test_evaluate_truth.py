"""Classes of a pool become the stems of any line-up; what nobody can tell is not asked for."""

import numpy as np
import pytest
from tiny_pool import add_item, make_pool, tone

from offline_train.evaluation.truth import cut_song
from offline_train.lineup import LINEUPS, Lineup
from offline_train.pool import Pool


def song_of(folder, **classes):
    for index, (name, entry) in enumerate(classes.items()):
        sound = tone(110.0 * 2**index, 3.0, (0.5 * index, 0.5 * index + 1.0))
        add_item(folder, name, **{"stem": name, "audio": sound, "song": "s", "split": "valid", **entry})
    return Pool(folder, "valid").songs[0]


def test_fine_classes_are_summed_and_their_activity_joined(tmp_path):
    song = song_of(tmp_path, vocals={}, piano={}, other={})
    truth = cut_song(song, Lineup(LINEUPS["band"]))
    assert list(truth.stems) == ["vocals", "other"]
    both = song.read("piano", 0, song.samples) + song.read("other", 0, song.samples)
    np.testing.assert_array_equal(truth.stems["other"], both)
    piano, other = song.stem_active("piano"), song.stem_active("other")
    assert piano.any() and other.any() and (piano != other).any()
    np.testing.assert_array_equal(truth.labels("other"), piano | other)


@pytest.mark.parametrize("lineup", LINEUPS)
def test_stems_of_every_lineup_add_up_to_the_same_mixture(tmp_path, lineup):
    song = song_of(tmp_path, vocals={}, bass={}, electric_guitar={}, other={})
    truth = cut_song(song, Lineup(LINEUPS[lineup]), 2.0)
    whole = sum(song.read(name, truth.start, truth.samples) for name in song.stems)
    np.testing.assert_allclose(truth.mixture, whole, atol=1e-6)
    assert truth.known == LINEUPS[lineup] and truth.rest is None


def test_a_recording_of_mixed_classes_is_known_where_they_share_a_stem(tmp_path):
    holds = ["electric_guitar", "piano", "other"]
    song = song_of(tmp_path, vocals={}, acoustic_guitar={}, other={"holds": holds})
    band = cut_song(song, Lineup(LINEUPS["band"]))
    assert band.known == LINEUPS["band"] and list(band.stems) == ["vocals", "other"]
    six = cut_song(song, Lineup(LINEUPS["six"]))
    assert six.known == ("vocals", "drums", "bass", "acoustic_guitar")
    np.testing.assert_array_equal(six.rest, song.read("other", 0, song.samples))


def test_a_stem_that_the_song_lacks_has_a_target_of_zeros(tmp_path):
    truth = cut_song(song_of(tmp_path, vocals={}, other={}), Lineup(LINEUPS["band"]))
    assert "drums" in truth.known and "drums" not in truth.stems
    assert not truth.target("drums").any() and not truth.labels("drums").any()


@pytest.mark.parametrize("rest", [{"known": ["electric_guitar"]}, {"stem": "rest"}])
def test_only_what_is_told_apart_is_known(tmp_path, rest):
    song = song_of(tmp_path, electric_guitar={}, other=rest)
    six = cut_song(song, Lineup(LINEUPS["six"]))
    assert six.known == ("electric_guitar",) and list(six.stems) == ["electric_guitar"]
    np.testing.assert_array_equal(six.rest, song.read(rest.get("stem", "other"), 0, song.samples))
    band = cut_song(song, Lineup(LINEUPS["band"]))
    assert band.known == () and not band.stems
    np.testing.assert_allclose(band.mixture, six.mixture, atol=1e-6)


def test_silent_stems_are_left_out(tmp_path):
    make_pool(tmp_path)
    np.save(tmp_path / "audio" / "v_bass.npy", np.zeros((3 * 44100, 2), np.int16))
    truth = cut_song(Pool(tmp_path, "valid").songs[0], Lineup(LINEUPS["band"]))
    assert list(truth.stems) == ["vocals", "drums", "other"]


def test_the_excerpt_is_the_busiest_and_the_same_for_every_lineup(tmp_path):
    song = song_of(tmp_path, vocals={}, bass={}, piano={})
    cuts = {cut_song(song, Lineup(stems), 1.0).start for stems in LINEUPS.values()}
    assert len(cuts) == 1
    start = cuts.pop() / 44100
    # Bass from 0.5 to 1.5 s, the others 0 to 1 s and 1 to 2 s: two sound from 0.5 s and from 1 s on.
    assert 0.25 <= start <= 1.0
