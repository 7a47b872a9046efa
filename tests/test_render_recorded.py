"""A game's songs: one band's guitars are for training, the other's for validation, against a rest that is not known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from render_sources import tone, write_multitrack

from offline_train.evaluation.truth import known_stems
from offline_train.lineup import LINEUPS, Lineup
from offline_train.pool import Pool
from offline_train.render.engine import run
from offline_train.render.recorded import guitar_jobs, valid_guitar_jobs
from rtiass.errors import UserError


def write_songs(folder: Path) -> Path:
    for band in ("sectoid", "muldjord"):
        write_multitrack(folder / band / "a_song", ("guitar", "song"))
    return folder


def test_a_guitar_against_the_rest_is_for_validation_and_says_what_is_known(tmp_path: Path) -> None:
    run(valid_guitar_jobs(write_songs(tmp_path / "songs")), tmp_path / "pool")
    (song,) = Pool(tmp_path / "pool", "valid").songs
    assert (song.name, song.kind) == ("muldjord_a_song", "recorded")
    items = [item for members in song.stems.values() for item in members]
    assert {item.id: item.stem for item in items} == {
        "muldjord_a_song_electric_guitar": "electric_guitar",
        "muldjord_a_song_rest": "other",
    }
    assert all(item.meta["known"] == ["electric_guitar"] for item in items)
    assert all(item.meta["licence"] == "CC-BY-SA-3.0" for item in items)
    assert known_stems(song, Lineup(LINEUPS["six"])) == ("electric_guitar",)
    assert known_stems(song, Lineup(LINEUPS["band"])) == ()


def test_the_mixture_is_not_clipped_and_keeps_the_balance(tmp_path: Path) -> None:
    folder = tmp_path / "muldjord" / "loud"
    write_multitrack(folder, ("guitar", "song"), 0.9)
    (job,) = valid_guitar_jobs(tmp_path)
    guitar, rest = (audio for _, audio in job.run(*job.arguments))
    assert 0.95 < np.abs(guitar + rest).max() < 1.0
    assert np.abs(guitar).max() == pytest.approx(np.abs(rest).max(), rel=0.1)


def test_only_the_training_bands_guitars_stand_alone(tmp_path: Path) -> None:
    jobs = guitar_jobs(write_songs(tmp_path))
    assert len(jobs) == 3
    assert all("sectoid" in str(job.arguments) and "muldjord" not in str(job.arguments) for job in jobs)


def test_files_of_unequal_length_are_named(tmp_path: Path) -> None:
    folder = write_songs(tmp_path) / "muldjord" / "a_song"
    soundfile.write(folder / "song.ogg", tone(200, 3.0), 44100, format="OGG", subtype="VORBIS")
    with pytest.raises(UserError, match=r"guitar\.ogg lasts 1\.00 s.*song\.ogg"):
        run(valid_guitar_jobs(tmp_path), tmp_path / "pool")
