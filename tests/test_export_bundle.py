"""A bundle is written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from networks import SMALL, STEMS, card, random_network

from offline_train.export import export_bundle
from rtiass.bundle import BundleError, load_bundle
from rtiass.errors import UserError


def export(folder: Path, **model: Any) -> None:
    network = random_network(**SMALL)
    made = card()
    made["model"] |= model
    made["gate"] = {"threshold": 0.4, "vocals": {"threshold": 0.7}}
    made["licences"] = [{"name": "CC0", "what": 'a "quoted" song'}, {"name": "MIT", "what": "voices"}]
    export_bundle(network, network.config, made, folder)


def test_bundle_loads_with_everything_on_its_card(tmp_path: Path) -> None:
    export(tmp_path / "model")
    bundle = load_bundle(tmp_path / "model")
    assert bundle.stems == tuple(STEMS["joint"])
    assert (bundle.bins, bundle.frame, bundle.rate, bundle.channels, bundle.lookahead) == (2049, 4096, 44100, 2, 0)
    assert bundle.gates["vocals"].threshold == 0.7
    assert bundle.gates["drums"].threshold == 0.4
    assert bundle.card["licences"][0]["what"] == 'a "quoted" song'
    assert bundle.card["network"]["channels"] == SMALL["channels"]
    files = {"card.toml", "model.onnx", "weights.safetensors", "SHA256SUMS"}
    assert {p.name for p in (tmp_path / "model").iterdir()} == files


def test_a_new_bundle_replaces_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    export(tmp_path / "model", version="1")
    (tmp_path / "model" / "stray").touch()
    export(tmp_path / "model", version="2")
    assert load_bundle(tmp_path / "model").card["model"]["version"] == "2"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    assert not (tmp_path / "model" / "stray").exists()


def test_a_refused_card_leaves_the_old_bundle(tmp_path: Path) -> None:
    export(tmp_path / "model", version="1")
    with pytest.raises(BundleError, match="name"):
        export(tmp_path / "model", name="no / name")
    assert load_bundle(tmp_path / "model").card["model"]["version"] == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_stems_must_be_those_of_the_network(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 stems, the network has 4"):
        export(tmp_path / "model", stems=["vocals", "other"])
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_bundle_is_left_alone(tmp_path: Path) -> None:
    songs = tmp_path / "Songs"
    songs.mkdir()
    (songs / "one.wav").write_bytes(b"sound")
    with pytest.raises(UserError, match="is no bundle"):
        export(songs)
    assert (songs / "one.wav").read_bytes() == b"sound"
    assert [path.name for path in tmp_path.iterdir()] == ["Songs"]
