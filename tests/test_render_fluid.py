"""FluidSynth renders notes; what is missing is named with its package."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from render_sources import make_sources
from typer.testing import CliRunner

from offline_train.cli import app
from offline_train.render import resources
from offline_train.render.backing import accompanied
from offline_train.render.cut import Cut
from offline_train.render.fluid import Part, render
from offline_train.render.pop909 import Note
from offline_train.render.resources import VALID_FONT, Places
from rtiass.errors import UserError

FONT = Places().soundfonts / VALID_FONT[0]
needs_synth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not FONT.is_file(),
    reason="needs fluidsynth and timgm6mb-soundfont (apt-get install)",
)
NOTES = (Note(0.25, 0.75, 57, 100),)


@needs_synth
def test_a_note_sounds_where_it_is_written() -> None:
    audio = render([Part(NOTES, 80)], FONT, 1.5, reverb=False)
    assert audio.shape == (66150, 2)
    assert np.abs(audio[:10000]).max() < 1e-3 < np.abs(audio[13000:30000]).max()
    np.testing.assert_array_equal(audio, render([Part(NOTES, 80)], FONT, 1.5, reverb=False))


@needs_synth
def test_a_backing_is_a_stem_for_each_class(tmp_path: Path) -> None:
    sources = make_sources(tmp_path, (FONT,))
    made = {}
    for seed in range(4):
        for item, audio in accompanied(f"b{seed}", Cut("001", 4.0, seed, "train"), "backing", sources, f"b{seed}"):
            made[item.id] = (item, audio)
    assert len({item.target for item, _ in made.values()}) >= 2
    for name, (item, audio) in made.items():
        assert name.endswith("rest" if item.target == "other" else item.target)
        assert np.abs(audio).max() <= 0.99


def test_a_missing_soundfont_names_itself(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.sf2"):
        render([Part(NOTES, 0)], tmp_path / "none.sf2", 1.0)


def test_a_missing_synthesiser_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.sf2").write_bytes(b"")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="fluidsynth"):
        render([Part(NOTES, 0)], tmp_path / "a.sf2", 1.0)


def touch_needed(data: Path) -> None:
    for paths in resources.NEEDED.values():
        for path in paths:
            (data / path).parent.mkdir(parents=True, exist_ok=True)
            if not (data / path).exists():
                (data / path).touch()


def test_what_to_install_is_told_before_anything_is_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no material at"):
        resources.find(tmp_path, tmp_path, Places())
    make_sources(tmp_path)
    with pytest.raises(UserError, match=r"no material for vocals.*oto"):
        resources.find(tmp_path / "data", tmp_path, Places())
    touch_needed(tmp_path / "data")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "mma" else f"/usr/bin/{name}")
    with pytest.raises(UserError, match="apt-get install mma"):
        resources.find(tmp_path / "data", tmp_path, Places())
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(UserError, match="apt-get install fluid-soundfont-gm"):
        resources.find(tmp_path / "data", tmp_path, Places(soundfonts=tmp_path))


def test_useful_packages_that_are_missing_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_sources(tmp_path)
    touch_needed(tmp_path / "data")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    for name in ("FluidR3_GM.sf2", "TimGM6mb.sf2"):
        (tmp_path / name).write_bytes(b"")
    none = tmp_path / "none"
    places = Places(tmp_path, none, none, none, none, none)
    train, valid, missing = resources.find(tmp_path / "data", tmp_path, places)
    text = "\n".join(missing)
    for package in (
        "hydrogen-drumkits",
        "sonic-pi-samples",
        "avldrums",
        "musescore",
        "piano-velocity",
        "fretsonfire",
        "openmsx",
    ):
        assert package in text
    assert [font.stem for font in train.fonts] == ["FluidR3_GM"]
    assert [font.stem for font in valid.fonts] == ["TimGM6mb"]


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["pool", "--data", str(tmp_path), "--out", str(tmp_path / "pool")])
    assert isinstance(result.exception, UserError)
    assert str(tmp_path) in str(result.exception)
    assert not (tmp_path / "pool").exists()
