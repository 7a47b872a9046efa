"""Scenes are saved under names, numbered by their order, and set what they hold and nothing else."""

import os
from pathlib import Path

import pytest

from rtiass.atomicfile import write_whole
from rtiass.control import Control, vocabulary
from rtiass.control.scenefile import SceneError, read_scenes
from rtiass.control.scenes import SceneBook
from rtiass.errors import UserError

STEMS = ("vocals", "drums", "bass", "other")


def control() -> Control:
    return Control(vocabulary(STEMS, ["mix"], song=True))


def test_saved_and_recalled_by_another_run(tmp_path):
    path = tmp_path / "a.scenes.toml"
    one = control()
    one.set_many({"/stem/vocals/gain": -12, "/stem/drums/mute": True, "/policy": "hold"})
    SceneBook(path, one).save('Verse "1" ä')
    two = control()
    book = SceneBook(path, two)
    book.recall('Verse "1" ä')
    assert two.snapshot() == one.snapshot()
    assert two.get("/scene") == 'Verse "1" ä'


def test_order_of_the_file_is_the_number(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('[scenes.B]\n"/bypass" = true\n[scenes.A]\n[scenes.C]\n')
    book = SceneBook(path, control())
    assert book.names == ("B", "A", "C")
    assert [book.name(n) for n in ("1", "2", "3", "b")] == ["B", "A", "C", "B"]
    book.order(("C", "A", "B"))
    book.delete("A")
    assert list(read_scenes(path)) == ["C", "B"]


def test_a_part_of_a_scene_leaves_the_rest(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('[scenes.A]\n"/stem/bass/gain" = "off"\n')
    state = control()
    state.set("/stem/vocals/gain", 3)
    SceneBook(path, state).recall("A")
    assert state.get("/stem/bass/gain") == -60
    assert state.get("/stem/vocals/gain") == 3


def test_writing_the_path_recalls_and_a_wrong_name_is_told(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('[scenes.Verse]\n"/bypass" = true\n')
    state = control()
    book = SceneBook(path, state)
    state.set("/scene", "1", "midi")
    assert state.get("/bypass") is True
    assert state.get("/scene") == "Verse"
    state.set("/bypass", False, "hand")
    state.set("/scene", "Verse", "midi")
    assert state.get("/bypass") is True
    state.set("/scene", "Vers", "midi")
    assert "Did you mean 'Verse'" in book.trouble
    assert state.get("/scene") == "Verse"
    assert state.failures == 0


def test_stems_of_another_model_stay_in_the_file(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('[scenes.A]\n"/stem/piano/gain" = -6.0\n"/bypass" = true\n"/scene" = "A"\n"/song/next" = true\n')
    state = control()
    book = SceneBook(path, state)
    book.recall("A")
    assert state.get("/bypass") is True
    assert len(book.settable(book.scene("A"))[1]) == 3
    book.save("B")
    assert read_scenes(path)["A"].values["/stem/piano/gain"] == -6


def test_comments_of_other_scenes_survive(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('# my show\n\n[scenes.A]\n# the quiet one\n"/bypass" = true   # !\n\n[scenes.B]\nseconds = 2\n')
    state = control()
    book = SceneBook(path, state)
    book.save("B")
    text = path.read_text()
    assert text.startswith('# my show\n\n[scenes.A]\n# the quiet one\n"/bypass" = true   # !\n')
    assert read_scenes(path)["B"].seconds == 2
    assert read_scenes(path)["B"].values == state.snapshot()


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("[scenes.A]\nseconds = -1\n", 2, "seconds"),
        ('[scenes.A]\n\n"stem" = 3\n', 3, "stem"),
        ('[scenes.A]\n"/x" = [1]\n', 2, "[1]"),
        ("[scene.A]\n", 1, "scenes"),
        ("[scenes]\nA = 3\n", 2, "table"),
        ('[scenes." A"]\n', 1, "name"),
        ("[scenes.A]\nx = = 3\n", 2, "nvalid value"),
    ],
)
def test_errors_name_the_line(tmp_path, text, line, word):
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(SceneError) as error:
        read_scenes(path)
    assert f"s.toml, line {line}: " in str(error.value)
    assert word in str(error.value)


@pytest.mark.parametrize("fault", ["fsync", "replace"])
def test_a_full_disk_changes_nothing(tmp_path, monkeypatch, fault):
    path = tmp_path / "s.toml"
    state = control()
    book = SceneBook(path, state)
    book.save("A")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if fault == "fsync" else Path, fault, full)
    with pytest.raises(UserError, match="disk is full"):
        book.save("B")
    assert book.names == ("A",)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.toml"]


def test_a_link_is_followed(tmp_path):
    goal = tmp_path / "real.toml"
    goal.write_text("x")
    link = tmp_path / "link.toml"
    link.symlink_to(goal)
    write_whole(link, "new")
    assert link.is_symlink()
    assert goal.read_text() == "new"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201, "\x1b[31m"])
def test_names_that_do_not_do(tmp_path, name):
    with pytest.raises(SceneError):
        SceneBook(tmp_path / "s.toml", control()).save(name)
