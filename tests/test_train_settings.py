"""Mistakes in a configuration are told with file, line and key."""

import pytest

from offline_train.lineup import CLASSES
from offline_train.mixing_config import MixingConfig
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
    "no step to save": ("[fit]\nepoch_steps = 1\n", r"line 2: \[fit\] epoch_steps must be 2 or more"),
    "no budget": ("[fit]\nminutes = 0\n", r"\[fit\] schedule .*needs a budget"),
    "patience without songs": ("[fit]\npatience = 3\n", r"line 2: \[fit\] patience needs songs .* \[mixing\] holdout"),
    "seed": ("seed = -1\n", r"line 1: seed must be a whole number"),
    "stems": ('stems = ["vocals"]\n', r"line 1: stems: A line-up needs two"),
    "stems that do not fit": ("[network]\nstems = 3\n", r"line 2: \[network\] stems is 3, but the line-up has 4"),
    "paper's network": ('[network]\nkind = "iass"\n', r"stems must be a target and the rest"),
    "unknown class": ("[mixing.kinds.vocal]\nrecorded = 1.0\n", r"\[mixing\] kinds names 'vocal', which is no class"),
    "unknown kind": (
        "[mixing.kinds]\nbass = { live = 1.0 }\n",
        r"line 1: \[mixing\] kinds names the kind 'live' of bass",
    ),
    "no table of kinds": ("[mixing.kinds]\nbass = 1.0\n", r"line 1: \[mixing\] kinds must have a table for bass"),
    "no share": ("[mixing]\nabsent = { bass = 2.0 }\n", r"line 2: \[mixing\] absent must be probabilities"),
    "no probability": ("[mixing]\nswap = -0.5\n", r"line 2: \[mixing\] swap must be in 0..1"),
    "too many songs": ("[mixing]\nrecorded_song = 0.95\n", r"line 2: .*rendered_song are more than 1 together"),
    "no modes": ("[mixing]\nmodes = []\n", r"line 2: \[mixing\] modes must be rows of window"),
    "modes without weight": ("[mixing]\nmodes = [[512, 256, 0.0]]\n", r"line 2: \[mixing\] modes must have weights"),
    "long window": ("[mixing]\nmodes = [[8192, 256, 1.0]]\n", r"line 2: \[mixing\] modes must be rows .* up to 4096"),
    "unknown target": ('[mixing]\ntarget = "phases"\n', r"line 2: \[mixing\] target must be one of phase, magnitude"),
    "unknown view": ('[mixing]\nviews = ["bend"]\n', r"line 2: \[mixing\] views names \['bend'\]; known: karaoke"),
    "no bins to cut": ("[mixing]\nloss_bins = 2049\n", r"\[mixing\] lowpass needs bins above loss_bins"),
    "unknown row": ("[loss.weights]\npiano = 2.0\n", r"\[loss\] weights names 'piano', which is not compared"),
    "unknown norm": ('[loss]\nnormalise = "mix"\n', r"line 2: \[loss\] normalise must be one of mixture, "),
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
    assert settings.fit.learning_rate > 0
    # Of somebody's own stems nobody else knows the names.
    assert settings.mixing.holdout or path.stem == "fine-tune"


def test_tables_by_class_are_laid_over_the_defaults():
    plain = MixingConfig()
    told = parse({"mixing": {"kinds": {"other": {"rendered": 1.0}}, "absent": {"bass": 0.0}, "second": {}}}).mixing
    assert told.kinds == plain.kinds | {"other": {"rendered": 1.0}}
    assert told.absent == plain.absent | {"bass": 0.0} and told.second == plain.second
    assert parse({"mixing": {"absent": {}}}).mixing.absent == plain.absent


def test_the_paper_leaves_nothing_out_and_adds_nothing():
    mixing = load_settings("paper").mixing
    assert not any(map(mixing.absent_share, CLASSES)) and not any(mixing.second.values())


def test_the_shipped_band_hears_every_class():
    mixing = load_settings("band").mixing
    assert all(sum(mixing.kinds_of(name).values()) > 0 for name in CLASSES)


def test_songs_as_they_are_lack_nothing_of_a_class_of_ones_own():
    plain = MixingConfig(compressor=1.0).as_they_are([*CLASSES, "strings"], recorded=True)
    assert plain.absent_share("strings") == 0.0 and MixingConfig().absent_share("strings") == 0.5
    assert (plain.recorded_song, plain.rendered_song, plain.compressor, plain.gain) == (1.0, 0.0, 0.0, (1.0, 1.0))
