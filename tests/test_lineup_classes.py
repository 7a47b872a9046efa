"""Classes of one's own: declared in the configuration or a class mapping, and from then on like the others."""

import numpy as np
import pytest
from tiny_pool import add_item, make_pool, tone

from offline_train.datasets.classmap import load
from offline_train.evaluation.truth import cut_song
from offline_train.lineup import CLASSES, LINEUPS, Lineup, more_classes
from offline_train.mixing import Mixer
from offline_train.mixing_config import MixingConfig
from offline_train.pool import Pool
from offline_train.settings import parse
from rtiass.errors import UserError

STEMS = ("vocals", "strings", "other")


@pytest.fixture
def pool(tmp_path):
    make_pool(tmp_path)
    add_item(tmp_path, "v_strings", "strings", tone(700.0, 3.0, (0.0, 3.0)), song="v", split="valid")
    add_item(tmp_path, "a_strings", "strings", tone(700.0, 3.0, (0.0, 3.0)), song="a")
    return tmp_path


def test_a_class_must_be_declared():
    with pytest.raises(UserError, match=r'classes = \["strings"\]'):
        Lineup(STEMS)
    assert parse({"stems": list(STEMS), "classes": ["strings"]}).lineup == Lineup(STEMS, (*CLASSES, "strings"))


@pytest.mark.parametrize("bad", [["two words"], ["piano"], [3], "strings"])
def test_what_is_no_new_class_is_refused(bad):
    with pytest.raises(UserError, match="classes"):
        parse({"classes": bad})


def test_a_finished_model_declares_its_stems():
    assert Lineup.declaring(STEMS).place("strings") == 1
    assert Lineup.declaring(LINEUPS["karaoke"]).classes == CLASSES


def test_training_refuses_classes_that_nobody_declared(pool):
    with pytest.raises(UserError, match="recordings of strings"):
        Mixer(Pool(pool), MixingConfig())


def test_mixtures_hold_the_class_in_its_own_stem_or_in_the_last(pool):
    config = MixingConfig(recorded_song=1.0, silence=0.0, absent={"strings": 0.0}, level=0.0, lowpass=0.0)
    with_strings = more_classes(["strings"])
    sums = []
    for stems in (STEMS, ("vocals", "other")):
        audio, active = Mixer(Pool(pool), config, 1, Lineup(stems, with_strings)).draw(
            np.random.default_rng(5), 44100, 2048, 1024
        )
        assert audio.any(axis=(1, 2)).all() and active.any(axis=1).all()
        sums.append(audio.sum(axis=0))
    np.testing.assert_allclose(sums[0], sums[1], atol=1e-6)


def test_the_truth_of_a_song_knows_the_class(pool):
    truth = cut_song(Pool(pool, "valid").songs[0], Lineup.declaring(STEMS))
    assert truth.known == STEMS and "strings" in truth.stems


def test_a_mapping_declares_it_too(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('classes = ["strings"]\n[names]\nstrings = ["violin", "viola"]\n')
    mapping = load("track_names", own)
    assert mapping.of("02_Violin") == "strings" and "strings" in mapping.classes
    own.write_text('[names]\nstrings = ["violin"]\n')
    with pytest.raises(UserError, match="class 'strings'"):
        load("track_names", own)
