"""Live, an engine that has to be compiled is compiled while another one plays, and takes over without a seam."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from building_engine import install_building_engine
from fake_engine import music
from jack_server import eventually, make_rig  # noqa: F401 - a fixture
from numpy.typing import NDArray

from rtiass.bundle import load_bundle
from rtiass.engineanswers import FILE, Answer, write_answer
from rtiass.filejob import separate_song
from rtiass.live.options import Route
from rtiass.live.screen import summary
from rtiass.pool import SeparatorPool

pytestmark = pytest.mark.jack

STEMS = ("vocals", "drums", "bass", "other")
ROUTES = tuple(Route(stem, (2 * i + 1, 2 * i + 2)) for i, stem in enumerate(STEMS))
RATE = 44100


@pytest.fixture
def folder(make_rig: Any, tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    """What tells the engine ``building`` what to do; of the others ``livetest`` is known to be the fastest."""
    home = install_building_engine(tmp_path, monkeypatch)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv(FILE, str(tmp_path / "speeds.json"))
    write_answer(load_bundle(tiny_bundle), Answer({"onnxruntime": 0.01, "livetest": 0.001}, "2026-01-31"))
    return home


def file_job(sound: NDArray[np.float32], folder: Path) -> NDArray[np.float32]:
    """The four stems as the file job writes them, shape (samples, 8)."""
    soundfile.write(folder / "song.wav", sound, RATE, subtype="FLOAT")
    with SeparatorPool() as pool:
        separate_song(folder / "song.wav", folder / "out", pool)
    written = [soundfile.read(folder / "out" / "song" / f"{stem}.wav", dtype="float32")[0] for stem in STEMS]
    return np.concatenate(written, axis=1)


def test_what_is_heard_is_the_file_job_through_the_hand_over(
    make_rig: Any, folder: Path, fake_model: None, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    (folder / "closed").touch()
    rig = make_rig(block=1024)
    host = rig.host(engine="building", routes=ROUTES, record=str(tmp_path / "takes"), record_tracks=("drums",))
    assert host.status.about["engine"] == "livetest"
    assert "Engine livetest: it plays while the model is compiled for building." in summary(host)
    sound = music(3 * RATE, seed=3)
    sound[0] = 0.5
    wanted = file_job(sound, tmp_path)

    def check(heard: NDArray[np.float32]) -> None:
        latency = int(host.latency()["host_samples"])
        # Files are put on the grid of 24 bits.
        assert np.abs(heard[latency : latency + len(sound)] - wanted).max() < 1e-6 + 2.0**-24

    # It is compiled while this is heard.
    assert eventually(lambda: host.status.work == "Compiling tiny for tests for building (40 %)", 60) is not None
    check(rig.play(sound, outputs=8, tail=3 * RATE))  # after which the network has forgotten it
    assert host.status.work.endswith("(40 %)") and host.status.notes == ()
    (folder / "go").touch()
    assert eventually(lambda: host.status.work == "building is warmed up", 60) is not None
    # And it takes over in the middle of this.
    rig.begin(sound, outputs=8, freewheel=False)
    begun = int(host.state.get("position"))
    (folder / "opened").touch()
    assert eventually(lambda: host.status.about["engine"] == "building", 20) is not None
    taken = int(host.state.get("position")) - begun
    check(rig.finish())
    assert taken < len(sound), "the sound was over before"
    assert (host.status.about["engine"], host.status.work) == ("building", "")
    assert len(host.status.notes) == 1 and host.status.notes[0].startswith("building took over at ")
    assert "Engine" not in summary(host)
    for count in ("late_masks", "skipped_frames", "bad_frames", "underruns"):
        assert host.state.get(count) == 0, count
    host.recording = False
    cards = list((tmp_path / "takes").glob("*/take.toml"))
    assert eventually(lambda: cards or cards.extend((tmp_path / "takes").glob("*/take.toml")), 10) is not None
    card = cards[0].read_text()
    assert 'engine = "livetest"\noutputs' in card, "with which the take began"
    assert card.count('engine = "building"') == 1 and "[[change]]" in card
