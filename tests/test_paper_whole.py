"""A song in pieces gives what it gives in one."""

import pytest
import torch
from networks import SMALL, magnitudes, random_network

from offline_train.paper.whole import run

CONFIGS = [{"kind": "iass"}, {"kind": "iass", "blocks": 4}, {"kind": "iass", "causal": True}, SMALL]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_pieces_equal_one_pass(config):
    network = random_network(**config)
    x = magnitudes(50)[0]
    pieces = run(network, x, piece=20)
    with torch.no_grad():
        mask, logits, _ = network(x.unsqueeze(0))
    assert pieces.masks.shape == (mask.shape[1], 1, 50, 2049)
    torch.testing.assert_close(pieces.masks[:, 0], mask[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(torch.from_numpy(pieces.activity), torch.sigmoid(logits[0]), atol=1e-4, rtol=1e-4)


def test_without_labels_there_is_no_activity():
    assert run(random_network(kind="iass"), magnitudes(4)[0], labelled=False).activity is None
