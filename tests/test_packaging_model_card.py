"""Each model that comes with the package is small, and its card's figures reach what a shipped model must."""

from pathlib import Path

import pytest

from rtiass.bundle import load_bundle, models_folder

MAX_BYTES = 6_000_000
FOLDERS = sorted(models_folder().glob("*/card.toml"))


@pytest.fixture(params=FOLDERS, ids=lambda path: path.parent.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param.parent


def test_size(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= MAX_BYTES


def test_figures_are_good_enough(folder: Path) -> None:
    bundle = load_bundle(str(folder))
    recorded = bundle.card["figures"]["recorded"]
    live = recorded["live"]
    for stem in bundle.stems:
        assert live[stem]["sdr"] > 0, stem
        assert live[stem]["n"]["sdr"]
    assert live["vocals"]["sdr"] >= 2
    for mode in ("tight", "ultra", "instant"):
        assert sum(live[s]["sdr"] - recorded[mode][s]["sdr"] for s in bundle.stems) / len(bundle.stems) < 0.5, mode
    assert live["karaoke"]["vocals_level"] <= -8
    assert live["karaoke"]["rest_level"] > -2


def test_verdict_holds_and_is_that_of_the_figures(folder: Path) -> None:
    accepted = load_bundle(str(folder)).card["figures"]["acceptance"]
    assert accepted["holds"] is True
    assert accepted["checks"] and all(check["met"] for check in accepted["checks"])
