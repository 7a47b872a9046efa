"""What is heard live is what the file job writes: sample by sample, on every output, in every mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_engine import FakeSession, fake_bundle, music
from jack_server import make_rig  # noqa: F401 - a fixture
from numpy.typing import NDArray

from rtiass.filejob import separate_song
from rtiass.live.options import Route
from rtiass.pool import SeparatorPool, Settings
from rtiass.separator import StreamingSeparator
from rtiass.stft import ALL_MODES

pytestmark = pytest.mark.jack

STEMS = ("vocals", "drums", "bass", "other")


def heard_live(rig: Any, sound: NDArray[np.float32], mode: str, delay: int) -> NDArray[np.float32]:
    """The four stems as they come out, latency taken out, shape (samples, 8)."""
    routes = tuple(Route(stem, (2 * i + 1, 2 * i + 2)) for i, stem in enumerate(STEMS))
    host = rig.host(mode=mode, routes=routes, mask_delay=delay)
    heard = rig.play(sound, outputs=8)
    latency = int(host.latency()["host_samples"])
    return heard[latency : latency + len(sound)]  # type: ignore[no-any-return]


def piece(seed: int) -> NDArray[np.float32]:
    sound = music(60000, seed=seed)
    sound[0] = 0.5
    return sound


# Blocks of whole hops: the sound comes in at the beginning of a block, so its frames begin where a file's do, and
# there is one right answer. (How blocks are cut otherwise has no influence; that is tested without a server.)


@pytest.mark.parametrize(
    ("mode", "block"), [("live", 1024), ("tight", 512), ("instant", 128), ("instant", 1024), ("paper", 1024)]
)
def test_live_is_the_file_job(
    make_rig: Any, fake_model: None, tmp_path: Path, mode: str, block: int  # noqa: F811
) -> None:  # fmt: skip
    assert block % ALL_MODES[mode].hop == 0
    sound = piece(3)
    heard = heard_live(make_rig(block=block), sound, mode, 0)
    soundfile.write(tmp_path / "song.wav", sound, 44100, subtype="FLOAT")
    with SeparatorPool(Settings(mode=mode)) as pool:
        separate_song(tmp_path / "song.wav", tmp_path / "out", pool)
    for index, stem in enumerate(STEMS):
        written, _ = soundfile.read(tmp_path / "out" / "song" / f"{stem}.wav", dtype="float32")
        # Files are put on the grid of 24 bits.
        assert np.abs(heard[:, 2 * index : 2 * index + 2] - written).max() < 1e-6 + 2.0**-24
        assert np.abs(written).max() > 0.02
    assert np.abs(heard[:, :2] - heard[:, 2:4]).max() > 0.01  # the stems are not all alike


@pytest.mark.parametrize(("mode", "block", "delay"), [("ultra", 256, 0), ("tight", 512, 1), ("instant", 1024, 8)])
def test_planned_lag_is_the_separators(make_rig: Any, mode: str, block: int, delay: int) -> None:  # noqa: F811
    sound = piece(4)
    heard = heard_live(make_rig(block=block), sound, mode, delay)
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode, mask_delay=delay)
    late = separator.latency_samples
    # The silence before the sound is not nothing: a network's step on it is one more step.
    separator.process(np.zeros((8192, 2), np.float32))
    made = separator.process(np.concatenate([sound, np.zeros((late, 2), np.float32)]))
    wanted = np.concatenate([made[stem][late:] for stem in STEMS], axis=1)
    assert np.abs(heard - wanted).max() < 1e-6
    assert np.abs(wanted).max() > 0.1
