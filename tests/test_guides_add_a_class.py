"""The guide to a further class: its commands work, and the new stem comes out."""

from pathlib import Path

import pytest
from dataset_copies import folder
from guides import run_all

from rtiass.bundle import load_bundle

GUIDE = "add-a-class.md"


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["vocals.wav", "drums.wav", "bass.wav", "violin.wav", "synth.wav"]
    folder(tmp_path / "orchestra", {"train/One": names, "valid/Two": names})
    run_all(GUIDE, tmp_path, monkeypatch)
    bundle = load_bundle(tmp_path / "models" / "strings")
    assert bundle.stems == ("vocals", "drums", "bass", "strings", "other")
    assert "strings" in bundle.card["figures"]["recorded"]["live"]
    assert "strings" in bundle.card["classes"]
    assert load_bundle(tmp_path / "models" / "karaoke").stems == ("vocals", "accompaniment")
    assert [path.name for path in (tmp_path / "stems" / "song").iterdir()] == ["strings.wav"]
