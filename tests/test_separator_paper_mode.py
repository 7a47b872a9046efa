"""The published network streams exactly: in the mode `paper` a stream is the whole song's transform, mask and inverse."""

import numpy as np
import pytest
import torch
from fake_engine import FixedSession, fake_bundle, music
from networks import random_network

from offline_train.export import export_bundle
from rtiass.engine import choose
from rtiass.separator import StreamingSeparator
from rtiass.stft import FRAME, PAPER, hann_pair, magnitude_scale

HOP = 1024
CARD = {"model": {"name": "published", "version": "1", "stems": ["vocals", "accompaniment"]}}


@pytest.fixture(scope="module")
def network():
    return random_network(kind="iass", causal=False)


@pytest.fixture(scope="module")
def bundle(network, tmp_path_factory):
    card = {**CARD, "modes": {"trained": ["paper"]}}
    return export_bundle(network, network.config, card, tmp_path_factory.mktemp("model") / "published")


def offline(network, song):
    """Masked song as of old: frames of the whole song, one run of the network, weighted overlap-add; and activities."""
    padded = np.pad(song, ((FRAME - HOP, FRAME), (0, 0)))
    padded = padded[: FRAME + (len(padded) - FRAME) // HOP * HOP]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME))[:, None]
    frames = np.stack([padded[at : at + FRAME] * window for at in range(0, len(padded) - FRAME + 1, HOP)])
    spectra = np.fft.rfft(frames, axis=1)
    scale = magnitude_scale(hann_pair(HOP)[0])
    with torch.no_grad():
        magnitude = torch.from_numpy((np.abs(spectra) * scale).astype(np.float32)).permute(2, 0, 1)[None]
        mask, logits, _ = network(magnitude)
    mask = mask[0, 0].clamp(0, 1).numpy()
    out, norm = np.zeros_like(padded), np.zeros_like(padded)
    for index, frame in enumerate(np.fft.irfft(spectra * mask[:, :, None], axis=1)):
        out[index * HOP : index * HOP + FRAME] += frame * window
        norm[index * HOP : index * HOP + FRAME] += window**2
    lead = FRAME - HOP
    return out[lead : lead + len(song)] / norm[lead : lead + len(song)], torch.sigmoid(logits)[0, 0].numpy()


def test_stream_equals_the_whole_song(network, bundle):
    song = music(60 * HOP, 2, seed=3)
    _, session, _ = choose("onnxruntime", bundle)
    separator = StreamingSeparator(bundle, session, mode="paper", gate="off")
    late = separator.latency_samples
    padded = np.concatenate([song, np.zeros((late, 2), np.float32)])
    streamed = separator.process(padded)["vocals"][late:]
    expected, _ = offline(network, song)
    # What the network sees behind the end is silence to the one and padding to the other.
    heard = slice(0, len(song) - bundle.lookahead * HOP - FRAME)
    assert np.abs(expected[heard]).max() > 0.05
    assert np.abs(streamed[heard] - expected[heard]).max() < 2e-5


def test_latency_is_that_of_the_paper(bundle):
    session = FixedSession(2)
    assert StreamingSeparator(bundle, session, mode="paper", gate="fast").latency_samples == 16384  # 371.5 ms
    assert StreamingSeparator(bundle, session, mode="paper", gate="strict").latency_samples == 20480  # 464.4 ms


def test_strict_gate_decides_about_its_own_frame(network, bundle):
    song = music(60 * HOP, 2, seed=3)
    _, session, _ = choose("onnxruntime", bundle)
    separator = StreamingSeparator(bundle, session, mode="paper", gate="strict")
    weights = []
    padded = np.concatenate([song, np.zeros((separator.latency_samples, 2), np.float32)])
    for at in range(0, len(padded), HOP):
        separator.process(padded[at : at + HOP])
        weights.append(separator.gates[0])
    _, activity = offline(network, song)
    threshold = bundle.gates["vocals"].threshold
    centred = [np.median(np.pad(activity, 10)[index : index + 21]) >= threshold for index in range(len(activity))]
    late = 16  # frames: six of the activity, ten of the median
    # Behind the last frame that the network can hear whole, both guess; before the first there is nothing to compare.
    count = 60 - late
    assert weights[late : late + count] == [float(c) for c in centred[:count]]


def test_everything_together_is_the_delayed_song():
    song = music(40 * HOP, 2)
    separator = StreamingSeparator(
        fake_bundle(), FixedSession(), mode="paper", gate="off", buses={"mix": dict.fromkeys(fake_bundle().stems, 1.0)}
    )
    out = separator.process(song)["mix"]
    late = separator.latency_samples
    assert late == PAPER.window
    assert np.abs(out[late:] - song[:-late]).max() < 1e-6


def test_modes_that_a_model_was_not_trained_for_are_told(bundle):
    assert bundle.mode_note("paper") == ""
    assert "was not trained for the mode 'live'" in bundle.mode_note("live")
