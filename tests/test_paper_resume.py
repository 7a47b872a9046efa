"""What is trained and measured is not done again; what was broken off goes on; nothing is mixed up."""

import json
import shutil

import pytest
from paper_study import NEEDS_MUSDB, OPTIONS, done, folder, run

from offline_train.fit.saved import LAST
from offline_train.paper import runs as runs_module
from offline_train.paper.budget import PAPER
from offline_train.paper.pools import digest_of
from rtiass.errors import UserError

pytestmark = NEEDS_MUSDB


@pytest.fixture
def copy(tmp_path):
    """The folder after table 1, so that it may be harmed."""
    done("table1")
    return shutil.copytree(folder(), tmp_path / "copy")


def stamps(place):
    return {path.name: path.stat().st_mtime_ns for path in sorted(place.rglob("*")) if path.is_file()}


def test_a_second_time_trains_and_measures_nothing(copy):
    before = stamps(copy / "runs"), stamps(copy / "scores")
    again = run("table1", out=copy)
    assert again.exit_code == 0 and "to train" not in again.stderr and "song 1 of" not in again.stderr
    assert (stamps(copy / "runs"), stamps(copy / "scores")) == before
    assert again.stdout == done("table1").stdout


def test_a_run_that_was_broken_off_goes_on(copy):
    place = copy / "runs" / "musdb-iass-vocals"
    (place / runs_module.DONE).unlink()
    kept = (place / "config.toml").stat().st_mtime_ns
    again = run("table1", out=copy)
    assert "1 of 1 networks to train: musdb-iass-vocals" in again.stderr
    assert (place / runs_module.DONE).is_file() and (place / "config.toml").stat().st_mtime_ns == kept
    assert again.stdout == done("table1").stdout  # its budget was used up: there was nothing left to learn


def test_a_run_without_a_checkpoint_begins_anew(copy):
    place = copy / "runs" / "musdb-iass-vocals"
    (place / runs_module.DONE).unlink()
    (place / LAST).unlink()
    assert run("table1", out=copy).exit_code == 0
    assert (place / LAST).is_file()


def test_other_weights_are_measured_anew(copy):
    shutil.copy(copy / "runs" / "musdb-iass4-vocals" / "checkpoint.pt", copy / "runs" / "musdb-iass-vocals")
    again = run("table1", out=copy)
    assert "musdb-iass-vocals: song 1 of 1" in again.stderr and "musdb-iass4" not in again.stderr


def test_another_budget_is_refused(copy):
    again = run("table1", out=copy, options=[*OPTIONS, "--budget", "5"])
    assert isinstance(again.exception, UserError) and "with the budget tiny" in str(again.exception)


def test_another_configuration_is_refused(copy):
    config = copy / "runs" / "musdb-iass-vocals" / "config.toml"
    config.write_text(config.read_text().replace("alpha = 2.0", "alpha = 3.0"))
    again = run("table1", out=copy)
    assert isinstance(again.exception, UserError) and "another configuration" in str(again.exception)


def add_song(place):
    """Another training song in the stand-in of MUSDB18."""
    train = place / "standin" / "musdb" / "train"
    song = next(path for path in train.iterdir() if path.name.startswith("Stand-in"))
    return shutil.copytree(song, train / "Stand-in - Another")


def ids(pool):
    return {entry["id"] for entry in json.loads((pool / "pool.json").read_text())}


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("noted", [True, False])
def test_other_material_is_refused(copy, finished, noted):
    run_folder = copy / "runs" / "musdb-iass-vocals"
    kept = (run_folder / LAST).stat().st_mtime_ns
    if not finished:
        for kind in ("iass", "iass4"):
            (copy / "runs" / f"musdb-{kind}-vocals" / runs_module.DONE).unlink()
    if not noted:  # as of a run of before there were notes
        (run_folder / runs_module.MATERIAL).unlink()
    song = add_song(copy)
    again = run("table1", out=copy)
    assert isinstance(again.exception, UserError)
    assert f"{run_folder} was begun on other material" in str(again.exception)
    assert (run_folder / LAST).stat().st_mtime_ns == kept
    shutil.rmtree(song)
    assert run("table1", out=copy).stdout == done("table1").stdout


def test_what_has_left_the_set_leaves_the_pool(copy):
    pool = copy / "pools" / "musdb"
    before, song = ids(pool), add_song(copy)
    assert run("table1", out=copy).exception is not None
    assert len(ids(pool)) == len(before) + 4
    shutil.rmtree(song)
    run("table1", out=copy)
    assert ids(pool) == before == {path.stem for path in (pool / "audio").iterdir()}


def test_a_run_notes_its_material(copy):
    for name in (runs_module.DONE, runs_module.MATERIAL):
        note = json.loads((copy / "runs" / "musdb-iass-vocals" / name).read_text())
        assert note["material"] == digest_of(copy / "pools" / "musdb" / "pool.json")


def test_one_device_whatever_is_asked_for(copy):
    runs = runs_module.Runs(copy / "runs", PAPER, {"devices": "2", "nodes": 3, "threads": None}, print)
    assert runs.options == {"devices": "1", "nodes": 1}
    facts = json.loads((copy / "runs" / "musdb-iass-vocals" / "run.json").read_text())
    assert facts["fit"]["devices"] == "1" and facts["starts"][0]["overrides"] == {"devices": "1", "nodes": 1}


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")
    found = run("table1", out=tmp_path / "taken")
    assert isinstance(found.exception, UserError) and "another one after --out" in str(found.exception)


def test_what_is_missing_is_told_before_anything_is_trained(copy, tmp_path):
    (tmp_path / "musdb").mkdir()
    found = run("table1", "table4", out=tmp_path / "out", options=["--musdb", str(tmp_path / "musdb")])
    assert isinstance(found.exception, UserError) and "after --mm" in str(found.exception)
    assert not (tmp_path / "out").exists()
    found = run("table1", "figure4", out=copy, options=[*OPTIONS, "--targets", "other"])
    assert isinstance(found.exception, UserError) and "one of mm's" in str(found.exception)
    assert "to train" not in found.stderr


def test_another_stand_in_is_refused(copy):
    again = run("table1", out=copy, options=[*OPTIONS, "--seconds", "6"])
    assert isinstance(again.exception, UserError) and "another stand-in" in str(again.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["table9"], "no 'table9'"),
        (["table1"], "after --musdb"),
        (["table3"], "after --mm"),
        (["table1", "--budget", "soon"], "not 'soon'"),
        (["table1", "--targets", "kazoo"], "'kazoo'"),
        (["table1", "--median", "20"], "odd number"),
        (["table1", "--standin", "--songs", "1,2"], "three numbers"),
        (["table1", "--standin", "--musdb", "x"], "leave --musdb"),
        (["table1", "--musdb", "no-such-folder"], "no folder no-such-folder"),
        (["table3", "--mm", "no-such-folder"], "no folder no-such-folder"),
        (["table1", "--musdb", "."], "neither a folder train nor test"),
        (["table4", "--mm", "."], "neither a folder medleydb nor mixing_secrets"),
        (["table1", "--pool", "x"], "add --standin"),
        (["table1", "--songs", "3,1,1"], "add --standin"),
        (["table1", "--seconds", "30"], "add --standin"),
    ],
)
def test_a_user_s_mistakes_are_sentences(tmp_path, arguments, words):
    found = run(*arguments, out=tmp_path, options=[])
    assert isinstance(found.exception, UserError) and words in str(found.exception)
