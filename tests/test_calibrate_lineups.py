"""The bias for the stems of any line-up, whatever their number and order."""

import pytest
import torch
from tiny_pool import add_item, make_pool, tone

from offline_train.calibrate import add_bias, karaoke_levels
from offline_train.lineup import CLASSES, Lineup
from offline_train.network import build
from offline_train.pool import Pool
from rtiass.errors import UserError

NETWORK = {"kind": "joint", "channels": [4, 4, 4], "hidden": 8, "squeeze": 2, "rank": 4}


@pytest.fixture
def pool(tmp_path):
    folder = make_pool(tmp_path)
    add_item(folder, "a_piano", "piano", tone(500.0, 3.0, (0.0, 3.0)), song="a")
    return Pool(folder)


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("stems", [("vocals", "accompaniment"), ("drums", "vocals", "other")])
def test_levels_are_those_of_the_vocals_wherever_they_stand(pool, stems, merged):
    torch.manual_seed(0)
    lineup = Lineup(stems)
    config = {**NETWORK, "stems": len(CLASSES), "merge": lineup.merge(CLASSES)} if merged else {"stems": len(stems)}
    network = build({**NETWORK, **config}).eval()
    levels = karaoke_levels(network, pool, (0.0, 2.0), examples=2, lineup=lineup)
    add_bias(network, {"vocals": 2.0}, lineup)
    moved = karaoke_levels(network, pool, (0.0,), examples=2, lineup=lineup)
    # A bias in the last layer does what was foretold for it.
    for part in ("vocals", "rest", "sdr"):
        assert moved[0][part] == pytest.approx(levels[1][part], abs=0.02)
        assert levels[1][part] < levels[0][part]


def test_songs_without_a_voice_say_nothing_of_it(tmp_path):
    for stem, pitch in (("drums", 100.0), ("bass", 60.0)):
        add_item(tmp_path, stem, stem, tone(pitch, 3.0, (0.0, 3.0)), song="a")
    assert karaoke_levels(build(NETWORK).eval(), Pool(tmp_path), (0.0,), examples=2) == []


@pytest.mark.parametrize(("level", "heard"), [(1.0, True), (0.02, False)])
def test_a_voice_that_can_hardly_be_heard_says_nothing_either(tmp_path, level, heard):
    add_item(tmp_path, "drums", "drums", tone(100.0, 3.0, (0.0, 3.0)), song="a")
    voice = (level * tone(900.0, 3.0, (0.0, 3.0))).astype("int16")
    add_item(tmp_path, "vocals", "vocals", voice, song="a")
    assert bool(karaoke_levels(build(NETWORK).eval(), Pool(tmp_path), (0.0,), examples=2)) == heard


def test_networks_whose_masks_do_not_compete_take_no_bias():
    with pytest.raises(UserError, match="--bias none"):
        add_bias(build({"kind": "iass"}), {"vocals": 1.0}, Lineup(("vocals", "accompaniment")))
