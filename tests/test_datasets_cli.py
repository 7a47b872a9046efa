"""The commands pack and sets."""

from pathlib import Path

import pytest
from dataset_copies import folder

from offline_train import cli
from offline_train.datasets import ENTRIES
from offline_train.pool import Pool


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["rtiass-train", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def test_sets_lists_every_set_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "sets") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [entry.name for entry in ENTRIES]


def test_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    folder(tmp_path / "set", {"train/One": ["vocals.wav", "gadget.wav"], "valid/Two": ["vocals.wav"]})
    arguments = ["folder", str(tmp_path / "set"), "--out", str(tmp_path / "pool"), "--jobs", "1", "--split", "train"]
    assert run(monkeypatch, "pack", *arguments) == 0
    out, err = capsys.readouterr()
    assert "vocals" in out and "train, min" in out
    assert "'gadget' (1 track) is not listed in track_names.toml: taken as other." in err
    assert "No material of drums, bass" in err
    assert sorted(Pool(tmp_path / "pool").songs[0].stems) == ["other", "vocals"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "."], "There is no data set 'nothing'"),
        (["folder", "none"], "There is no folder none"),
        (["folder", ".", "--split", "dev"], "There is no split 'dev'"),
        (["folder", ".", "--out", "."], "cannot be packed into itself"),
        (["folder", ".", "--classes", "my.toml"], "The class mapping my.toml can't be read"),
    ],
)
def test_mistakes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "pack", *arguments) == 2
    assert message in capsys.readouterr().err


def test_a_bad_song_is_told_and_the_command_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder(tmp_path / "set", {"One": ["vocals.wav"], "Two": ["vocals.wav"]})
    bad = tmp_path / "set" / "One" / "vocals.wav"
    bad.write_bytes(b"nothing")
    assert run(monkeypatch, "pack", "folder", str(tmp_path / "set"), "-o", str(tmp_path / "pool"), "--jobs", "1") == 2
    err = capsys.readouterr().err
    assert str(bad) in err and "1 of 2 songs of set were left out" in err
    assert len(Pool(tmp_path / "pool").songs) == 1
