"""``rtiass separate``: many songs, one bad among them, exit codes, and what is said where."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MakeSong
from typer.testing import CliRunner, Result

from rtiass.cli import app

pytestmark = pytest.mark.usefixtures("fake_model")
ALL = ["bass.wav", "drums.wav", "other.wav", "vocals.wav"]


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["separate", *map(str, arguments)])


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_good_songs_exit_0(make_song: MakeSong, tmp_path: Path) -> None:
    first, _ = make_song("a/song.wav")
    second, _ = make_song("b/song.flac", rate=48000, channels=1)
    result = _run(first, second, first, "-o", tmp_path / "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert _names(tmp_path / "out") == ["song", "song-2"]
    assert _names(tmp_path / "out" / "song") == _names(tmp_path / "out" / "song-2") == ALL
    lines = result.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{first} -> {tmp_path / 'out' / 'song'}: bass.wav drums.wav")
    assert "real time" in lines[0]


def test_a_bad_song_does_not_stop_the_others_and_exits_1(make_song: MakeSong, tmp_path: Path) -> None:
    first, _ = make_song("a.wav")
    bad = tmp_path / "bad.mp3"
    bad.write_text("no sound " * 1000)
    last, _ = make_song("z.wav")
    result = _run(first, bad, tmp_path / "missing.wav", last, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert _names(tmp_path / "out") == ["a", "z"]
    errors = result.stderr.splitlines()
    assert errors[0].startswith(f"Error: {bad} is not a sound file")
    assert errors[1] == f"Error: There is no file {tmp_path / 'missing.wav'}."
    assert errors[2] == "2 of 4 songs could not be separated."


def test_options_reach_the_job(make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song()
    result = _run(
        song, "-o", tmp_path / "out", "--stems", "vocals,other", "--format", "flac",
        "--mode", "tight", "--gate", "strict", "--plot", "--activity",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert _names(tmp_path / "out" / "song") == [
        "activity.csv", "other.flac", "spectrograms.png", "vocals.flac",
    ]  # fmt: skip


def test_a_damaged_song_is_separated_with_a_warning(make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song()
    song.write_bytes(song.read_bytes()[:50_000])
    result = _run(song, "-o", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: song.wav is shorter than its header says")
    assert _names(tmp_path / "out" / "song") == ALL


def test_replaced_files_are_told(make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song()
    assert ", replaced)" not in _run(song, "-o", tmp_path / "out").stdout
    assert ", replaced)" in _run(song, "-o", tmp_path / "out").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument"),
        (["song.wav", "--mode", "fast"], "Invalid value"),
        (["song.wav", "--format", "mp3"], "Invalid value"),
        (["song.wav", "--stems", "guitar"], "This model has: vocals, drums, bass, other."),
    ],
)
def test_wrong_usage_exits_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    result = _run(*arguments, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_goal_that_cannot_be_written_is_a_sentence(make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song()
    (tmp_path / "out").write_text("a file in the way")
    result = _run(song, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: Can't write to {tmp_path / 'out' / 'song'}:")
