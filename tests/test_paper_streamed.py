"""A song in a latency mode, a piece at a time, is what it is as a whole."""

import numpy as np
import pytest
import torch
from fake_engine import music
from networks import SMALL, STEMS, random_network

from offline_train.paper.nets import REST
from offline_train.paper.streamed import Streamed
from offline_train.paper.systems import Truth
from offline_train.paper.views import Paired
from offline_train.paper.whole import run
from offline_train.wiener import wiener
from rtiass.stft import MODES

SAMPLES, PIECE = 30001, 10
NAMES = STEMS["joint"]


def truth(names):
    sources = {name: music(SAMPLES, seed=k).T.copy() for k, name in enumerate(names)}
    return Truth("song", sources, {name: np.ones(1, bool) for name in names if name != REST})


def system(network, mode, names=NAMES, **how):
    return Streamed("joint", {name: (network, "", k) for k, name in enumerate(names)}, mode, piece=PIECE, **how)


@pytest.mark.parametrize("mode", MODES)
def test_pieces_equal_the_whole(mode):
    network, song, view = random_network(**SMALL), truth(NAMES), Paired(mode)
    mixture = view.analyse(torch.from_numpy(song.mixture))
    assert mixture.shape[1] > 2 * PIECE
    found = run(network, mixture.abs())
    whole = view.synthesise(found.masks * mixture, SAMPLES).numpy()
    pieces = system(network, mode).separate(song)
    assert list(pieces.rows) == ["open"]
    np.testing.assert_array_equal(pieces.moments, view.moments(mixture.shape[1]))
    for index, name in enumerate(NAMES):
        np.testing.assert_allclose(pieces.rows["open"][name], whole[index], rtol=0, atol=1e-6)
        np.testing.assert_allclose(pieces.activity[name], found.activity[index], rtol=0, atol=1e-5)


@pytest.mark.parametrize("names", [NAMES, ["vocals", REST]], ids=["all", "a rest"])
def test_the_filter_goes_on_from_piece_to_piece(names):
    network, song, view = random_network(**SMALL), truth(names), Paired("studio")
    mixture = view.analyse(torch.from_numpy(song.mixture))
    targets = song.targets
    images = run(network, mixture.abs()).masks[: len(targets)] * mixture
    if REST in names:
        images = torch.cat((images, (mixture - images.sum(dim=0))[None]))
    whole = view.synthesise(torch.from_numpy(wiener(images.numpy(), mixture.numpy())), SAMPLES).numpy()
    pieces = system(network, "studio", targets, filtered=True).separate(song)
    assert list(pieces.rows) == ["open", "wiener"] and list(pieces.rows["wiener"]) == targets
    for index, name in enumerate(targets):
        np.testing.assert_allclose(pieces.rows["wiener"][name], whole[index], rtol=0, atol=1e-5)


def test_no_more_than_a_piece_is_held():
    network, frames = random_network(**SMALL), []
    network.register_forward_pre_hook(lambda net, inputs: frames.append(inputs[0].shape[2]))
    system(network, "instant").separate(truth(NAMES))
    assert max(frames) == PIECE and sum(frames) == Paired("instant").frames(SAMPLES)


def test_without_labels_there_is_no_activity():
    found = system(random_network(**SMALL), "tight", labelled=False).separate(truth(NAMES))
    assert found.activity == {} and list(found.rows) == ["open"]


def test_a_network_that_looks_ahead_is_refused():
    with pytest.raises(ValueError, match="later frames"):
        system(random_network(kind="iass"), "live", ["vocals"])
