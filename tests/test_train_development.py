"""The development set may be the split of validation songs; a network of one target is judged where it plays."""

from dataclasses import replace

import pytest
from tiny_stems import add_item, make_pool, settings, tone

from offline_train.fit.data import development_mixer
from offline_train.lineup import Lineup
from offline_train.settings import parse
from rtiass.errors import UserError


def test_songs_of_the_split_with_the_target(tmp_path):
    make_pool(tmp_path)
    for stem in ("drums", "bass"):
        add_item(tmp_path, f"w_{stem}", stem, tone(90.0, 2.0, (0.0, 2.0)), song="w", split="valid")
    given = settings(development="valid")
    given = replace(given, mixing=replace(given.mixing, holdout=()))
    assert [song.name for song in development_mixer(tmp_path, given).pool.songs] == ["v", "w"]
    one = replace(given, lineup=Lineup(("vocals", "accompaniment")))
    assert [song.name for song in development_mixer(tmp_path, one).pool.songs] == ["v"]


def test_plateau_and_patience_may_be_judged_by_it():
    table = {"fit": {"schedule": "plateau", "patience": 3, "plateau_cooldown": 10}}
    with pytest.raises(UserError, match="holdout"):
        parse(table)
    table["fit"]["development"] = "valid"
    assert parse(table).fit.plateau_cooldown == 10
