"""Mistakes in a configuration are told with file, line and key."""

import pytest

from offline_train.settings import CONFIGS, load_settings, parse
from rtiass.errors import UserError

MISTAKES = {
    "unknown table": ("[trian]\nx = 1\n", r"line 1: trian is not known"),
    "unknown key": ("seed = 1\n[fit]\nema = 0.9\nlerning_rate = 1.0\n", r"line 4: \[fit\] lerning_rate is not known"),
    "wrong kind": ("[fit]\nclip = 'much'\n", r"line 2: \[fit\] clip must be a number, not 'much'"),
    "no whole number": ("[mixing]\nbatch = 1.5\n", r"line 2: \[mixing\] batch must be a whole number"),
    "true is no number": ("[fit]\nthreads = true\n", r"line 2: \[fit\] threads must be a whole number"),
    "same key elsewhere": ("[mixing]\nbatch = 2\n[fit]\nbatch = 2\n", r"line 4: \[fit\] batch is not known"),
    "unknown word": ('[fit]\nprecision = "64"\n', r"line 2: \[fit\] precision must be one of 32-true, "),
    "out of range": ("[fit]\nwarmup = 1.5\n", r"line 2: \[fit\] warmup is a share"),
    "no budget": ("[fit]\nminutes = 0\n", r"\[fit\] schedule .*needs a budget"),
    "patience without songs": ("[fit]\npatience = 3\n", r"line 2: \[fit\] patience needs songs .* \[mixing\] holdout"),
    "seed": ("seed = -1\n", r"line 1: seed must be a whole number"),
    "stems": ('stems = ["vocals"]\n', r"line 1: stems: A line-up needs two"),
    "stems that do not fit": ("[network]\nstems = 3\n", r"line 2: \[network\] stems is 3, but the line-up has 4"),
    "paper's network": ('[network]\nkind = "iass"\n', r"stems must be a target and the rest"),
    "no toml": ("seed = = 1\n", r"is not valid TOML.*line 1"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_name_file_line_and_key(tmp_path, name):
    text, message = MISTAKES[name]
    path = tmp_path / "some.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as told:
        load_settings(path)
    assert str(path) in str(told.value)


def test_a_missing_file_names_one_to_start_from(tmp_path):
    with pytest.raises(UserError, match=r"no configuration .*missing\.toml.*one of: band, "):
        load_settings(tmp_path / "missing.toml")


def test_the_command_line_overrides_and_is_checked():
    settings = parse({"fit": {"precision": "bf16-mixed", "devices": 2}})
    assert settings.fit.devices == "2"
    changed = settings.with_fit(precision="32-true", minutes=None, nodes=2)
    assert (changed.fit.precision, changed.fit.nodes, changed.fit.minutes) == ("32-true", 2, settings.fit.minutes)
    with pytest.raises(UserError, match=r"\[fit\] devices"):
        settings.with_fit(devices="many")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.name)
def test_shipped_configurations_are_understood(path):
    settings = load_settings(path)
    assert settings.mixing.holdout and settings.fit.learning_rate > 0
