"""The run folder tells what the network was trained on and with."""

import json
import tomllib

import pytest
from tiny_stems import add_item, held_pool, tone, train

from offline_train.fit.folder import copy_config, copy_manifest, licence_list
from offline_train.settings import CONFIGS, load_settings


def test_versions_settings_and_every_start_are_written(tmp_path):
    pool, run = held_pool(tmp_path / "pool"), tmp_path / "run"
    train(run, pool, steps=2)
    train(run, pool, resume=True, steps=3)
    facts = json.loads((run / "run.json").read_text())
    assert {"python", "torch", "pytorch-lightning", "rtiass", "machine", "seed", "parameters"} <= facts.keys()
    assert [start["step"] for start in facts["starts"]] == [0, 2]
    assert facts["starts"][0]["pool"] == str(pool)
    assert facts["fit"]["steps"] == 3 and facts["mixing"]["holdout"] == ["held"]


def test_licences_name_each_source_of_training_once(tmp_path):
    pool, run = held_pool(tmp_path / "pool"), tmp_path / "run"
    add_item(pool, "x", "bass", tone(50, 2, (0, 2)), source="a|b", licence="CC-BY-4.0", credit="A\nPlayer")
    add_item(pool, "y", "bass", tone(50, 2, (0, 2)), source="only valid", licence="?", split="valid")
    run.mkdir()
    copy_manifest(pool, run)
    text = (run / "LICENCES.md").read_text()
    assert text.count("| tests | CC0-1.0 | nobody |") == 1
    assert "| a\\|b | CC-BY-4.0 | A Player | 0.0 |" in text and "only valid" not in text
    assert text == licence_list(json.loads((pool / "pool.json").read_text()))
    assert json.loads((run / "pool.json").read_text()) == json.loads((pool / "pool.json").read_text())


@pytest.mark.parametrize("name", ["paper.toml", "band.toml"])
def test_the_configuration_is_copied_with_its_target(tmp_path, name):
    settings = load_settings(CONFIGS / name)
    stems = ("drums", "accompaniment") if name == "paper.toml" else settings.lineup.stems
    copy_config(CONFIGS / name, tmp_path, stems)
    copied = tomllib.loads((tmp_path / "config.toml").read_text())
    original = tomllib.loads((CONFIGS / name).read_text())
    assert copied == {**original, "stems": list(stems)}
    if name == "band.toml":
        assert (tmp_path / "config.toml").read_text() == (CONFIGS / name).read_text()
