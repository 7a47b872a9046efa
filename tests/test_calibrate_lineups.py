"""Bias and thresholds for the stems of any line-up, whatever their number and order."""

import numpy as np
import pytest
import torch
from tiny_pool import add_item, make_pool, tone

from offline_train.calibrate import add_bias, karaoke_levels, thresholds
from offline_train.lineup import Lineup
from offline_train.network import build
from offline_train.pool import Pool

NETWORK = {"kind": "joint", "channels": [4, 4, 4], "hidden": 8, "squeeze": 2, "rank": 4}


@pytest.fixture
def pool(tmp_path):
    folder = make_pool(tmp_path)
    add_item(folder, "a_piano", "piano", tone(500.0, 3.0, (0.0, 3.0)), song="a")
    return Pool(folder)


@pytest.mark.parametrize("stems", [("vocals", "accompaniment"), ("drums", "vocals", "other")])
def test_levels_are_those_of_the_vocals_wherever_they_stand(pool, stems):
    torch.manual_seed(0)
    network, lineup = build({**NETWORK, "stems": len(stems)}).eval(), Lineup(stems)
    levels = karaoke_levels(network, pool, (0.0, 2.0), examples=2, lineup=lineup)
    add_bias(network, {"vocals": 2.0}, lineup)
    moved = karaoke_levels(network, pool, (0.0,), examples=2, lineup=lineup)
    # A bias in the last layer does what was foretold for it.
    for part in ("vocals", "rest"):
        assert moved[0][part] == pytest.approx(levels[1][part], abs=0.02)
        assert levels[1][part] < levels[0][part]


def test_every_stem_gets_a_threshold(pool):
    torch.manual_seed(0)
    lineup = Lineup(("vocals", "piano", "other"))
    found = thresholds(build({**NETWORK, "stems": 3}).eval(), pool, batches=2, lineup=lineup)
    assert tuple(found) == lineup.stems
    assert all(0.05 <= value <= 0.5 and np.isfinite(value) for value in found.values())
