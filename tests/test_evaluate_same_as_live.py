"""What is measured is what is heard: the streamed estimates are those of live blocks and of a file job."""

import numpy as np
import pytest
import soundfile
from fake_engine import FakeSession, fake_bundle
from tiny_pool import make_pool

from offline_train.evaluation.streamed import separate_song
from offline_train.evaluation.truth import cut_song
from offline_train.lineup import BAND
from offline_train.pool import Pool
from rtiass.filejob import separate_song as file_job
from rtiass.separator import StreamingSeparator
from rtiass.stft import DEFAULT_MODE


@pytest.fixture
def truth(tmp_path):
    return cut_song(Pool(make_pool(tmp_path / "pool"), "valid").songs[0], BAND, 1.0)


@pytest.mark.parametrize("gate", ["fast", "strict"])
@pytest.mark.parametrize(("mode", "block"), [("live", 64), ("live", 4096), ("tight", 441), ("instant", 64)])
def test_blocks_of_the_live_host_give_the_same_samples(truth, mode, gate, block):
    bundle = fake_bundle(lookahead=1)
    measured = separate_song(bundle, FakeSession(), truth, mode, [gate])[gate]
    live = StreamingSeparator(bundle, FakeSession(), mode=mode, gate=gate)
    sound = truth.mixture.T
    padded = np.concatenate([sound, np.zeros((live.latency_samples + block, 2), np.float32)])
    parts = [
        {name: audio.copy() for name, audio in live.process(padded[start : start + block]).items()}
        for start in range(0, len(padded), block)
    ]
    for stem in bundle.stems:
        heard = np.concatenate([part[stem] for part in parts])[live.latency_samples :][: len(sound)]
        np.testing.assert_array_equal(measured.estimates[stem], heard.T)


def test_a_file_job_writes_the_same_samples(truth, pool, tmp_path):
    soundfile.write(tmp_path / "song.wav", truth.mixture.T, 44100, subtype="FLOAT")
    file_job(tmp_path / "song.wav", tmp_path / "out", pool)
    measured = separate_song(pool.bundle, FakeSession(), truth, DEFAULT_MODE)["fast"]
    for stem in pool.bundle.stems:
        written, _ = soundfile.read(tmp_path / "out" / "song" / f"{stem}.wav", dtype="float32")
        # The last stem of a file is the mixture minus the others, and files are on a grid of 2**-23.
        np.testing.assert_allclose(measured.estimates[stem], written.T, atol=2.0**-21)
