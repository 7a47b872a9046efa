"""What is trained and measured is not done again; what was broken off goes on; nothing is mixed up."""

import shutil

import pytest
from paper_study import NEEDS_MUSDB, OPTIONS, done, folder, run

from offline_train.fit.saved import LAST
from offline_train.paper import runs as runs_module
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
