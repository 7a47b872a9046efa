"""``rtiass karaoke``: into a file with -o, to the live player without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import MakeSong
from typer.testing import CliRunner, Result

from rtiass.cli import app
from rtiass.live.options import LiveOptions

pytestmark = pytest.mark.usefixtures("fake_model")


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["karaoke", *map(str, arguments)])


def test_negative_level_is_understood(make_song: MakeSong, tmp_path: Path) -> None:
    song, sound = make_song()
    out = tmp_path / "out.wav"
    levels = []
    for level in ("off", "-12", "0"):
        result = _run(song, "-o", out, "--vocals", level)
        assert result.exit_code == 0, result.stderr
        levels.append(np.std(soundfile.read(out)[0] - sound))
    # What is missing from the song is the vocals, times one minus the gain.
    assert levels[1] / levels[0] == pytest.approx(1 - 10 ** (-12 / 20), rel=1e-3)
    assert levels[2] == 0
    assert "replaced" in result.stdout


def test_errors_exit_2(make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song()
    for arguments, words in (
        ([song, "-o", tmp_path / "a.mp3"], "must end in .wav, .flac or .ogg"),
        ([song, "-o", tmp_path / "a.wav", "--vocals", "loud"], "is not a level"),
        ([tmp_path / "none.wav", "-o", tmp_path / "a.wav"], "There is no file"),
        (["-o", tmp_path / "a.wav"], "name a song"),
    ):
        result = _run(*arguments)
        assert result.exit_code == 2
        assert words in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["song.wav"]


def test_without_a_file_it_plays_live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr("rtiass.bundle.karaoke_bundle", lambda: None)
    monkeypatch.setattr("rtiass.live.commands.run_karaoke", lambda song, **options: calls.append((song, options)))
    further = ("--block", "128", "--policy", "mute", "--headroom", "64")
    assert _run(tmp_path / "song.mp3", "--vocals", "-6", "--output", "USB", *further).exit_code == 0
    assert _run().exit_code == 0
    assert [song for song, _ in calls] == [tmp_path / "song.mp3", None]
    assert calls[0][1]["vocals"] == pytest.approx(0.5012, abs=1e-4)
    assert (calls[0][1]["output"], calls[0][1]["mode"]) == ("USB", "live")
    assert [calls[0][1][name] for name in ("block", "policy", "headroom")] == [128, "mute", 64]
    assert calls[1][1].pop("vocals") == 0.0
    assert LiveOptions(**calls[1][1]) == LiveOptions()
