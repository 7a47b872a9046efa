"""The guide to MUSDB18-HQ: its commands work, the first three of them make a bundle."""

from pathlib import Path

import pytest
from dataset_copies import musdb18
from ffmpeg_needed import NEEDS_FFMPEG
from guides import commands, run_all

from rtiass.bundle import load_bundle

GUIDE = "train-on-musdb18-hq.md"


def test_three_commands_make_a_model() -> None:
    assert [line.split()[1] for line in commands(GUIDE)[:3]] == ["pack", "train", "ship"]


@NEEDS_FFMPEG
def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = ["A Classic Education - NightOwl", "Aimee Norwich - Child", "ANiMAL - Clinic A"]
    musdb18(tmp_path / "MUSDB18-HQ", [*train, "Actions - One Minute Smile"], ["Al James - Schoolboy Facination"])
    run_all(GUIDE, tmp_path, monkeypatch)
    card = load_bundle(tmp_path / "models" / "musdb").card
    assert card["model"]["licence"] == "for research only"
    assert card["training"]["calibration"]["karaoke_material"] == "held-out songs"
    assert "vocals" in card["figures"]["recorded"]["live"]
