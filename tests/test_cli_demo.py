"""``rtiass demo`` plays where there is something to play on, and otherwise writes and says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import soundfile
from fake_engine import music
from typer.testing import CliRunner

from rtiass import cli
from rtiass.audiofile import open_audio
from rtiass.errors import UserError

SHIPPED = cli.demo_song

pytestmark = pytest.mark.usefixtures("fake_model")


@pytest.fixture(autouse=True)
def _short_song(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    song = tmp_path / "package" / "short.ogg"
    song.parent.mkdir()
    soundfile.write(song, music(30_000), 44100)
    monkeypatch.setattr(cli, "demo_song", lambda: song)
    monkeypatch.chdir(tmp_path)


def test_without_loudspeakers_it_writes_a_song_and_a_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "_has_loudspeakers", lambda: False)
    result = CliRunner().invoke(cli.app, ["demo"])
    assert result.exit_code == 0, result.output
    assert "no sound output here" in result.stdout
    assert sorted(p.name for p in (tmp_path / "rtiass-demo").iterdir()) == ["short-karaoke.wav", "short.png"]
    assert str(Path("rtiass-demo") / "short-karaoke.wav") in result.stdout
    assert soundfile.info("rtiass-demo/short-karaoke.wav").frames == 30_000


def test_a_folder_is_taken_at_its_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "_has_loudspeakers", lambda: True)
    monkeypatch.setattr("rtiass.plot.draw", lambda spectrograms, activity, path, **kind: path.touch())
    result = CliRunner().invoke(cli.app, ["demo", "-o", "here"])
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "here").iterdir())) == 2


def test_with_loudspeakers_it_plays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(cli, "_has_loudspeakers", lambda: True)
    monkeypatch.setattr(
        "rtiass.live.commands.run_karaoke", lambda song, **options: calls.append((song.name, options["vocals"]))
    )
    result = CliRunner().invoke(cli.app, ["demo"])
    assert result.exit_code == 0, result.output
    assert calls == [("short.ogg", 0.0)]
    assert "Playing short.ogg" in result.stdout
    assert not (tmp_path / "rtiass-demo").exists()


def test_a_device_that_cannot_be_opened_is_told_and_files_are_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def busy(song: Path, *, must_sound: bool, **options: Any) -> None:
        assert must_sound
        raise UserError("The device is busy.")

    monkeypatch.setattr(cli, "_has_loudspeakers", lambda: True)
    monkeypatch.setattr("rtiass.live.commands.run_karaoke", busy)
    monkeypatch.setattr("rtiass.plot.draw", lambda spectrograms, activity, path, **kind: path.touch())
    result = CliRunner().invoke(cli.app, ["demo"])
    assert result.exit_code == 0, result.output
    assert "It can't be played: The device is busy. So the demo is written to rtiass-demo." in result.stdout
    assert len(list((tmp_path / "rtiass-demo").iterdir())) == 2


def test_the_shipped_song_can_be_read() -> None:
    with open_audio(SHIPPED()) as reader:
        assert reader.channels == 2
        assert reader.frames is not None
        assert 20 < reader.frames / reader.rate < 240
