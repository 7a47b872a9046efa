"""Masks that are too sure are softened, by what songs held out from training say."""

import pytest
import torch
from tiny_stems import NETWORK, held_pool

from offline_train.fit.data import held_out
from offline_train.lineup import BAND, Lineup
from offline_train.network import build
from offline_train.temperature import choose_temperature, has_temperature, sdr_by_temperature, set_temperature
from rtiass.stft import BINS


def network(**more):
    torch.manual_seed(0)
    return build({**NETWORK, **more}).eval()


def test_masks_are_those_of_the_divided_logits():
    ours = network()
    magnitude = torch.rand(1, 2, 3, BINS)
    scores, _, _ = ours.scores(magnitude, None)
    set_temperature(ours, 2.0)
    torch.testing.assert_close(ours(magnitude)[0], torch.softmax(scores / 2.0, dim=1))


@pytest.mark.parametrize("lineup", [BAND, Lineup(("vocals", "accompaniment"))], ids=["band", "karaoke"])
def test_levels_are_what_the_network_then_gives(tmp_path, lineup):
    merge = None if lineup is BAND else lineup.merge(BAND.stems)
    held, ours = held_out(held_pool(tmp_path), ("held",)), network(merge=merge)
    (before,) = sdr_by_temperature(ours, held, lineup, (2.0,), examples=1)
    set_temperature(ours, 2.0)
    (after,) = sdr_by_temperature(ours, held, lineup, (1.0,), examples=1)
    assert "recorded" in before
    assert after["recorded"] == pytest.approx(before["recorded"], abs=2e-3)


def test_a_network_that_is_sure_of_nonsense_is_softened(tmp_path):
    held, ours = held_out(held_pool(tmp_path), ("held",)), network()
    with torch.no_grad():
        ours.head.weight.normal_(std=5.0)
    levels = sdr_by_temperature(ours, held, BAND, (0.5, 1.0, 50.0), examples=1)
    assert choose_temperature(levels) == 50.0


def test_recorded_and_rendered_songs_count_alike():
    levels = [
        {"temperature": 1.0, "recorded": 3.0, "rendered": 2.0},
        {"temperature": 2.0, "recorded": 2.0, "rendered": 3.5},
        {"temperature": 3.0, "recorded": 5.0, "rendered": -3.0},
    ]
    assert choose_temperature(levels) == 2.0
    assert choose_temperature([{"temperature": 3.0}]) == choose_temperature([]) == 1.0


def test_only_masks_that_compete_have_a_temperature():
    apart = network(masks="sigmoid")
    assert has_temperature(network()) and not has_temperature(apart)
    with pytest.raises(ValueError, match="softmax"):
        set_temperature(apart, 2.0)
    with pytest.raises(ValueError, match="above 0"):
        set_temperature(network(), 0.0)
