"""The figures: pictures by their commands on the stand-in, and numbers from scores written down by hand."""

import json

import numpy as np
import pytest
from paper_study import NEEDS_MUSDB, done, folder
from song_scores import NAN, song

from offline_train.paper.figures import figure4, figure5
from offline_train.paper.gating import smoothed
from offline_train.paper.study import Study


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Of two songs, frames of which are taken out by one gate or the other."""
    songs = [
        song(
            activity=([0.9, 0.2], [1.0, 0.0]),
            open=[1.0, 2.0, 3.0],
            raw=[NAN, 2.0, 4.0],
            smooth=[NAN, 5.0, NAN],
            true=[NAN, 4.0, 6.0],
            pes={"open": [-10.0, NAN, NAN], "raw": [-20.0, NAN, NAN], "smooth": [-120.0, NAN, NAN]},
        ),
        song(
            activity=([0.6, 0.3], [0.0, 1.0]),
            open=[8.0, 8.0, 8.0],
            raw=[9.0, 9.0, NAN],
            smooth=[9.0, 13.0, 30.0],
            true=[NAN, NAN, NAN],
        ),
    ]
    monkeypatch.setattr(Study, "train", lambda self, name, kinds: None)
    monkeypatch.setattr(Study, "scored", lambda self, kind, name: {"vocals": songs})
    return Study(tmp_path, targets=("vocals",), median=5)


@NEEDS_MUSDB
@pytest.mark.parametrize("name", ["figure3", "figure4", "figure5"])
def test_a_picture_is_drawn(name):
    result = done(name)
    assert (folder() / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    assert "not comparable with the paper" in result.stdout


@NEEDS_MUSDB
def test_panels_and_curves_of_one_mix():
    done("figure3")
    facts = json.loads((folder() / "figure3.json").read_text())
    assert list(facts["panels"]) == ["a", "b", "c", "d"] and facts["song"].startswith("mm/vocals/")
    raw, smooth, label = facts["curves"].values()
    assert len(raw) == len(smooth) == len(label) == len(facts["seconds"])
    np.testing.assert_allclose(smooth, smoothed(np.array(raw)), atol=1e-4)
    assert set(label) == {0.0, 1.0}


def test_activity_by_instrument(study):
    drawn = figure4(study)
    facts = json.loads((study.out / "figure4.json").read_text())
    assert facts == {"vocals": {"auc": 0.75, "active": 0.5, "paper": None, "songs": 2, "seconds": 4}}
    assert "| vocals | 0.75 | 0.50 | 2 | 4 |" in drawn.text and "only these were taken: vocals" in drawn.text


def test_gains_by_the_paper_s_rule_and_on_common_frames(study):
    drawn = figure5(study)
    facts = json.loads((study.out / "figure5.json").read_text())
    sdr = {name: row["vocals"] for name, row in facts["sdr"].items()}
    # Of the medians of two songs: raw activity 3 and 9, median filter 5 and 13, true labels 5 and none.
    assert sdr == {"no activity": 5.0, "raw activity": 6.0, "median filter": 9.0, "true labels": 5.0}
    gain = {name: row["vocals"] for name, row in facts["gain"].items()}
    assert gain == {"median filter": 3.0, "true labels": -1.0}
    # Median filter: 5 against 2 in the one song and 11 against 9 in the other; true labels: 5 against 3 in one alone.
    common = {name: row["vocals"] for name, row in facts["gain on common frames"].items()}
    assert common == {"median filter": 2.5, "true labels": 2.0}
    assert facts["defined"]["true labels"]["vocals"] == {"songs": 1, "all_songs": 2, "frames": 2, "all_frames": 6}
    assert facts["common"]["median filter"]["vocals"] == {"songs": 2, "all_songs": 2, "frames": 3, "all_frames": 6}
    assert facts["pes"]["median filter"]["vocals"] == -120.0 and facts["pes"]["true labels"]["vocals"] is None
    assert "| vocals | median filter | 9.00 | 2/2 | 4/6 | 3.00 | 2.50 | 3/6 | -120.00 |" in drawn.text
    assert "| vocals | true labels | 5.00 | 1/2 | 2/6 | -1.00 | 2.00 | 2/6 | undefined |" in drawn.text
    assert "median of 5 frames, not as published" in drawn.text
