"""The look at quality during training: excerpts of recorded songs in the network's stems."""

import numpy as np
import pytest
import torch
from tiny_pool import add_item, make_pool, tone
from torch import nn

from offline_train.lineup import LINEUPS, Lineup
from offline_train.pool import Pool
from offline_train.validate import excerpts, quick_sdr

KARAOKE = Lineup(LINEUPS["karaoke"])


class Even(nn.Module):
    """Every stem gets the same share of every bin."""

    def forward(self, magnitude):
        return (torch.full((1, 2, *magnitude.shape[2:]), 0.5),)


@pytest.fixture
def folder(tmp_path):
    return make_pool(tmp_path)


def test_classes_are_summed_to_the_stems(folder):
    pool = Pool(folder, "valid")
    found = excerpts(pool, 1.0, 3, KARAOKE)
    assert [tuple(audio.shape) for audio in found] == [(2, 2, 44100)] * 3
    fine = excerpts(pool, 1.0, 3)
    for coarse, four in zip(found, fine, strict=True):
        torch.testing.assert_close(coarse[1], four[1:].sum(dim=0))


def test_songs_of_unknown_classes_are_left_out(folder):
    add_item(
        folder, "g", "electric_guitar", tone(300.0, 3.0, (0, 3)), song="g", split="valid", known=["electric_guitar"]
    )
    add_item(folder, "r", "other", tone(90.0, 3.0, (0, 3)), song="g", split="valid", known=["electric_guitar"])
    pool = Pool(folder, "valid")
    pool.songs = [song for song in pool.songs if song.name == "g"]
    assert excerpts(pool, 1.0, 2, KARAOKE) == []


def test_even_shares_of_equal_parts_have_the_sdr_of_their_sum():
    t = np.arange(3 * 44100) / 44100
    parts = [np.stack([0.3 * np.sin(2 * np.pi * f * t)] * 2) for f in (300.0, 4000.0)]
    audio = [torch.from_numpy(np.stack(parts).astype(np.float32))]
    # Half of each part is missing, half of the other is too much: energy over half the energy.
    assert quick_sdr(Even(), audio, KARAOKE) == pytest.approx({"vocals": 3.01, "accompaniment": 3.01}, abs=0.05)
