"""A scene is saved from the stage: a name or number written to a path, or one press, and everybody is told."""

import threading

import pytest

from rtiass.control import Control, vocabulary
from rtiass.control.scenefile import read_scenes
from rtiass.control.scenes import SceneBook

GAIN = "/stem/vocals/gain"


def control() -> Control:
    return Control(vocabulary(("vocals", "drums"), ["mix"], song=True))


@pytest.fixture
def stage(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(f'[scenes.A]\nseconds = 0\n"{GAIN}" = -3\n[scenes."B b"]\n"/bypass" = true\n')
    state = control()
    return path, state, SceneBook(path, state)


def test_a_new_name_gets_the_next_number_and_is_the_present_scene(stage):
    path, state, book = stage
    state.set(GAIN, -7.5)
    state.set("/scene/save", " Solo ", "osc")
    assert list(read_scenes(path)) == ["A", "B b", "Solo"]
    assert read_scenes(path)["Solo"].values == state.snapshot()
    assert state.get("/scene") == "Solo"
    assert state.get("/message").startswith("Scene 3, 'Solo', is saved")
    assert state.get("/trouble") == book.trouble == ""


@pytest.mark.parametrize(("asked", "name"), [("2", "B b"), ("b B", "B b"), ("A", "A"), ("3", "3")])
def test_a_number_or_another_case_means_the_scene_that_is_there(stage, asked, name):
    path, state, _ = stage
    state.set(GAIN, -9.0)
    state.set("/scene/save", asked, "midi")
    assert read_scenes(path)[name].values[GAIN] == -9
    assert len(read_scenes(path)) == (3 if name == "3" else 2)


def test_update_saves_over_the_scene_recalled_last_and_keeps_its_time(stage):
    path, state, _ = stage
    state.trigger("/scene/update", "midi")
    assert "no scene was recalled" in state.get("/trouble")
    state.set("/scene", "A", "midi")
    assert state.get("/trouble") == ""
    state.set(GAIN, -12.0)
    state.trigger("/scene/update", "midi")
    assert read_scenes(path)["A"].values[GAIN] == -12
    assert read_scenes(path)["A"].seconds == 0


def test_saving_moves_no_fader_and_can_be_asked_for_again(stage):
    path, state, _ = stage
    state.set(GAIN, -7.5)
    before = state.snapshot()
    told = []
    state.subscribe(lambda change: told.append(change.path))
    state.set("/scene/save", "New", "web")
    assert state.snapshot() == before
    assert state.get("/scene/save") == ""
    assert GAIN not in told
    state.set(GAIN, -8.5)
    state.set("/scene/save", "New", "web")
    assert read_scenes(path)["New"].values[GAIN] == -8.5


def test_the_state_of_the_press_is_saved_however_late_the_disk_is(tmp_path):
    errands = []
    state = control()
    path = tmp_path / "s.toml"
    SceneBook(path, state, later=errands.append)
    state.set(GAIN, -7.0)
    state.set("/scene/save", "Now")
    state.set(GAIN, -1.0)
    assert not path.exists()
    errands.pop()()
    assert read_scenes(path)["Now"].values[GAIN] == -7


@pytest.mark.parametrize("name", ["   ", "\u200bx\u2028", "x" * 200 + "y"])
def test_a_name_that_does_not_do_writes_nothing(stage, name):
    path, state, _ = stage
    before = path.read_bytes()
    try:
        state.set("/scene/save", name, "osc")
    except Exception as error:
        assert "200 characters" in str(error)
    else:
        assert state.get("/trouble").startswith("Not saved: ")
    assert path.read_bytes() == before


def test_what_can_not_be_written_is_told_until_it_can(tmp_path):
    folder = tmp_path / "show"
    folder.mkdir()
    state = control()
    SceneBook(folder / "s.toml", state)
    gone = tmp_path / "away"
    folder.rename(gone)
    state.set("/scene/save", "A", "osc")
    assert "can't be written" in state.get("/trouble")
    assert state.get("/message") == ""
    assert state.get("/scene") == ""
    gone.rename(folder)
    state.set("/scene/save", "A", "osc")
    assert state.get("/trouble") == ""
    assert list(read_scenes(folder / "s.toml")) == ["A"]


def test_two_at_once_lose_nothing(stage):
    path, state, _ = stage
    threads = [threading.Thread(target=state.set, args=("/scene/save", f"T{i}", f"s{i}")) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read_scenes(path)) == {"A", "B b", *(f"T{i}" for i in range(8))}
    assert state.failures == 0
