"""Damaged notes, tables and SoundFonts, and libraries that are missing, are told by name."""

import shutil
from pathlib import Path

import pytest
from render_sources import write_groove, write_notes, write_song

from offline_train.render import fluid, groove, libraries, pop909
from offline_train.render.pool import at_work
from offline_train.render.samples import read_index
from rtiass.errors import UserError


@pytest.mark.parametrize("name", ["001.mid", "chord_midi.txt", "beat_midi.txt"])
@pytest.mark.parametrize("content", [None, "half of"])
def test_a_song(tmp_path: Path, name: str, content: str | None) -> None:
    write_song(tmp_path / "001")
    path = tmp_path / "001" / name
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(UserError, match=name):
        pop909.load(tmp_path / "001")


def test_a_drum_performance(tmp_path: Path) -> None:
    write_groove(tmp_path)
    with pytest.raises(UserError, match=r"info\.csv lists no beat.*drummer 3"):
        groove.performances(tmp_path, valid=True)
    (path,) = groove.performances(tmp_path, valid=False)
    path.write_bytes(b"MThd")
    with pytest.raises(UserError, match=r"one\.mid"):
        groove.read(path)


@pytest.mark.parametrize("content", ["", "file\tmidi_note\nnotes.wav\tx\n"])
def test_a_table_of_samples(tmp_path: Path, content: str) -> None:
    write_notes(tmp_path / "bass", "sustain")
    (tmp_path / "bass" / "index.tsv").write_text(content)
    with pytest.raises(UserError, match=r"index\.tsv"):
        read_index(tmp_path / "bass")


@pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="needs fluidsynth (apt-get install)")
def test_a_soundfont_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "torn.sf2").write_bytes(b"RIFF and so on")
    with pytest.raises(UserError, match=r"torn\.sf2 is no SoundFont"):
        fluid.render([fluid.Part((pop909.Note(0.0, 0.5, 60, 90),), 0)], tmp_path / "torn.sf2", 1.0)


def test_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    libraries.need_libraries()
    monkeypatch.setattr(libraries, "LIBRARIES", ("joblib", "no_such_library"))
    with pytest.raises(UserError, match=r"needs no_such_library.*pip install"):
        libraries.need_libraries()


def test_a_pool_is_rendered_alone_and_packed_together(tmp_path: Path) -> None:
    with (
        at_work(tmp_path, alone=False),
        at_work(tmp_path, alone=False),
        pytest.raises(UserError, match="Another rendering or packing"),
        at_work(tmp_path, alone=True),
    ):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written to"), at_work(tmp_path / "file" / "pool", alone=True):
        pass
