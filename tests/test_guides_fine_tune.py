"""The guide to fine-tuning: its commands work, and the new model knows where it began."""

from pathlib import Path

import pytest
from dataset_copies import folder
from guides import blocks, run_all

from rtiass.bundle import load_bundle

GUIDE = "fine-tune.md"


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["vocals.wav", "drums.wav", "bass.wav", "keys.wav"]
    folder(tmp_path / "my_stems", {"train/First Song": names, "valid/Last Song": names})
    (tmp_path / "my_stems" / "set.toml").write_text(blocks(GUIDE, "toml")[0])
    run_all(GUIDE, tmp_path, monkeypatch)
    card = load_bundle(tmp_path / "models" / "mine").card
    assert card["training"]["began_with"]["name"] == "band"
    sources = {entry["source"]: entry.get("through") for entry in card["licences"]}
    assert sources.pop("Our rehearsals") is None
    assert sources and set(sources.values()) == {"band"}
    assert (tmp_path / "karaoke.wav").stat().st_size > 0
