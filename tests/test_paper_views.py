"""Frames and back: nothing is lost, and a mode's frames are those that the separator has."""

import numpy as np
import pytest
import torch
from fake_engine import music
from networks import exported, random_network

from offline_train.evaluation.streamed import separate_song
from offline_train.evaluation.truth import Truth as StreamedTruth
from offline_train.paper.streamed import Streamed
from offline_train.paper.systems import Networks, Truth
from offline_train.paper.views import Centred, Paired
from rtiass.engine import choose
from rtiass.stft import FRAME, MODES

SAMPLES = 30001


@pytest.mark.parametrize("view", [Centred(), *map(Paired, MODES)], ids=lambda view: view.name)
def test_unchanged_frames_give_the_sound_back(view):
    audio = torch.from_numpy(music(SAMPLES).T.copy())
    frames = view.analyse(audio)
    assert view.moments(frames.shape[1]).shape == (frames.shape[1],)
    torch.testing.assert_close(view.synthesise(frames, SAMPLES), audio, atol=2e-5, rtol=0)


def test_centred_frames_are_those_of_torch_s_transform():
    audio = torch.from_numpy(music(SAMPLES).T.copy())
    view = Centred()
    ours = view.analyse(audio)
    theirs = torch.stft(audio, FRAME, 1024, window=torch.hann_window(FRAME), center=True, return_complex=True)
    scale = float(view.window.max())
    torch.testing.assert_close(ours, scale * theirs.transpose(1, 2), atol=1e-5, rtol=1e-4)


def test_a_frame_is_about_the_sound_around_its_moment():
    audio = torch.zeros(2, SAMPLES)
    audio[:, 10 * 1024] = 1.0
    for view in (Centred(), Paired("live")):
        frames = view.analyse(audio)
        moment = view.moments(frames.shape[1])
        nearest = int(np.abs(moment - 10 * 1024).argmin())
        alone = torch.zeros_like(frames)
        alone[:, nearest] = frames[:, nearest]
        assert float(view.synthesise(alone, SAMPLES)[0, 10 * 1024]) > 0.3


@pytest.mark.parametrize("mode", ["studio", "instant"])
def test_estimates_are_those_of_the_streaming_separator(mode):
    network, bundle = exported("small")
    sources = {name: music(SAMPLES, seed=k).T.copy() for k, name in enumerate(bundle.stems)}
    labels = {name: np.ones(1, bool) for name in bundle.stems}
    system = Streamed("joint", {n: (network, "", i) for i, n in enumerate(bundle.stems)}, mode)
    found = system.separate(Truth("song", sources, labels))
    _, session, _ = choose("onnxruntime", bundle, 1)
    truth = StreamedTruth("song", "recorded", 0, sources, labels, bundle.stems)
    streamed = separate_song(bundle, session, truth, mode, ["off"])["off"]
    session.close()
    for name in bundle.stems:
        np.testing.assert_allclose(found.rows["open"][name], streamed.estimates[name], atol=2e-4)


def test_targets_may_each_have_a_network():
    network = random_network(kind="iass", causal=True)
    sources = {"vocals": music(9000).T.copy(), "accompaniment": music(9000, seed=1).T.copy()}
    found = Networks("x", {"vocals": (network, "", 0)}).separate(Truth("s", sources, {"vocals": np.ones(1, bool)}))
    assert list(found.rows) == ["open", "raw", "smooth", "true"]
    np.testing.assert_array_equal(found.rows["open"]["vocals"], found.rows["true"]["vocals"])


@pytest.mark.parametrize("view", [Paired("studio"), Paired("instant")], ids=lambda view: view.name)
def test_a_span_of_frames(view):
    audio = torch.from_numpy(music(SAMPLES).T.copy())
    frames = view.analyse(audio)
    count = frames.shape[1]
    for first, last in ((0, 1), (3, 9), (count - 1, count)):
        torch.testing.assert_close(view.span(audio, first, last), frames[:, first:last])


def test_without_labels_only_open_and_true_gates():
    network = random_network(kind="iass", causal=True)
    sources = {"vocals": music(9000).T.copy(), "accompaniment": music(9000, seed=1).T.copy()}
    truth, nets = Truth("s", sources, {"vocals": np.ones(1, bool)}), {"vocals": (network, "", 0)}
    found = Networks("x", nets, labelled=False).separate(truth)
    assert list(found.rows) == ["open", "true"] and found.activity == {}
    assert list(Networks("x", nets, gates=("smooth",)).separate(truth).rows) == ["smooth"]
