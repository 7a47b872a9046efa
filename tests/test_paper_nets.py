"""Every network's configuration is one that training takes, and differs from the paper's by what its name says."""

import tomllib
from dataclasses import replace

import pytest

from offline_train.paper.budget import PAPER, TINY, parse
from offline_train.paper.nets import PLAN, Net
from offline_train.paper.pools import MM_TARGETS, MUSDB_TARGETS, Material
from offline_train.settings import parse as settings
from offline_train.toml_text import to_toml
from rtiass.errors import UserError

KINDS = [kind for kind in PLAN if "base" in PLAN[kind]]


def net(kind, name="musdb", targets=None):
    material = Material(name, None)
    made = Net(kind, material, ("vocals",))
    return Net(kind, material, targets or material.targets) if made.joint else made


@pytest.mark.parametrize("name", ["musdb", "mm"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("budget", [PAPER, TINY, parse("30")], ids=lambda b: b.name)
def test_it_is_valid_and_survives_its_file(kind, name, budget):
    table = net(kind, name).table(budget)
    assert tomllib.loads(to_toml(table)) == table
    found = settings(table)
    assert found.fit.development == "valid" and not found.mixing.holdout


def test_one_change_at_a_time():
    base = net("iass").table(PAPER)
    assert base["network"] == {"kind": "iass", "blocks": 3, "causal": False}
    assert base["loss"]["alpha"] == 2.0 and base["mixing"]["gain"] == [0.25, 1.25]
    for kind, table, key, value in (
        ("iass4", "network", "blocks", 4),
        ("causal", "network", "causal", True),
        ("unlabelled", "loss", "alpha", 0.0),
    ):
        changed = net(kind).table(PAPER)
        assert changed[table][key] == value != base[table][key]
        changed[table][key] = base[table][key]
        assert changed == base


def test_who_has_labels():
    kinds = {kind for kind in KINDS if net(kind).labelled}
    assert kinds == {"iass", "iass4", "causal", "joint", "joint_own"}


def test_the_sets_mix_as_the_paper_says():
    assert net("iass", "musdb").table(PAPER)["mixing"]["levelled"] is False
    assert net("iass", "mm").table(PAPER)["mixing"]["accompaniment"] == [1, 5]
    assert net("iass", "mm").table(PAPER)["mixing"]["levelled"] is False  # at equal RMS as packed
    assert net("joint_own", "musdb").table(PAPER)["mixing"]["levelled"] is True
    assert (MUSDB_TARGETS, len(MM_TARGETS)) == (("vocals", "bass", "drums", "other"), 6)


def test_a_joint_network_has_all_stems_and_their_labels():
    table = net("joint").table(PAPER)
    assert table["stems"] == list(MUSDB_TARGETS) and table["loss"]["last_activity"] is True
    some = net("joint", targets=("vocals", "bass"))
    assert some.table(PAPER)["stems"] == ["vocals", "bass", "accompaniment"]
    # A network of some targets is another one, and has another folder.
    assert (net("joint").name, some.name) == ("musdb-joint", "musdb-joint-vocals-bass")


def test_a_stand_in_has_small_chunks():
    small = net("iass").table(replace(parse("5"), small=True))
    assert (small["mixing"]["frames"], small["mixing"]["batch"], small["fit"]["minutes"]) == (65, 2, 5.0)
    assert net("iass").table(parse("5"))["mixing"]["frames"] == 259
    settings(small)


def test_budgets():
    assert parse("paper") == PAPER and parse("90").fit == {"minutes": 90.0, "patience": 0}
    for wrong in ("", "0", "-3", "nan", "inf", "long"):
        with pytest.raises(UserError, match="minutes for each network"):
            parse(wrong)
