"""A network of many stems put out as fewer."""

import pytest
import torch
from networks import SMALL, magnitudes, random_network

from offline_train.lineup import CLASSES, LINEUPS, Lineup
from offline_train.network import build


def fine_and_merged(name):
    fine = random_network(**{**SMALL, "stems": len(CLASSES)})
    merged = build({**fine.config, "merge": Lineup(LINEUPS[name]).merge(CLASSES)})
    merged.load_state_dict(fine.state_dict())
    return fine.eval(), merged.eval()


@pytest.mark.parametrize("call", ["__call__", "stream"])
@pytest.mark.parametrize("name", ["karaoke", "band"])
def test_masks_are_added_and_the_most_active_member_counts(name, call):
    fine, merged = fine_and_merged(name)
    x = magnitudes(9)
    with torch.no_grad():
        masks, activity, _ = getattr(fine, call)(x, None)
        fewer, less, _ = getattr(merged, call)(x, None)
    rows = Lineup(LINEUPS[name]).merge(CLASSES)
    assert fewer.shape[1] == less.shape[1] == merged.stems == len(rows)
    for index, members in enumerate(rows):
        torch.testing.assert_close(fewer[:, index], masks[:, members].sum(dim=1))
        torch.testing.assert_close(less[:, index], activity[:, members].amax(dim=1))


def test_every_stem_must_have_one_place():
    with pytest.raises(ValueError, match="each of 4 stems once"):
        build({**SMALL, "merge": [[0], [1, 2]]})


def test_loudness_hears_a_stem_that_its_mask_lets_through():
    network = random_network(**{**SMALL, "stems": 2, "loudness": True}).eval()
    with torch.no_grad():
        network.loudness.weight[:] = 1.0
        x = magnitudes(4)
        masks = torch.stack((torch.full((1, 4, 2049), 0.9), torch.full((1, 4, 2049), 0.1)), dim=1)
        added = network.loudness(masks, x)
        soft = network.loudness(masks, 0.1 * x)
    assert (added[:, 0] > added[:, 1]).all()
    assert (soft < added).all()
