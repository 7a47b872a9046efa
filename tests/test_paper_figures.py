"""The figures by their commands, on the stand-in: pictures, and the numbers that are drawn."""

import json

import numpy as np
import pytest
from paper_study import NEEDS_MUSDB, done, folder

from offline_train.paper.gating import smoothed

pytestmark = NEEDS_MUSDB


@pytest.mark.parametrize("name", ["figure3", "figure4", "figure5"])
def test_a_picture_is_drawn(name):
    result = done(name)
    assert (folder() / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    assert "not comparable with the paper" in result.stdout


def test_panels_and_curves_of_one_mix():
    done("figure3")
    facts = json.loads((folder() / "figure3.json").read_text())
    assert list(facts["panels"]) == ["a", "b", "c", "d"] and facts["song"].startswith("mm/vocals/")
    raw, smooth, label = facts["curves"].values()
    assert len(raw) == len(smooth) == len(label) == len(facts["seconds"])
    np.testing.assert_allclose(smooth, smoothed(np.array(raw)), atol=1e-4)
    assert set(label) == {0.0, 1.0}


def test_activity_by_instrument():
    done("figure4")
    facts = json.loads((folder() / "figure4.json").read_text())
    assert list(facts) == ["vocals"]
    assert 0 <= facts["vocals"]["auc"] <= 1 and 0 < facts["vocals"]["active"] < 1 and facts["vocals"]["paper"] is None


def test_gains_are_over_raw_activity():
    done("figure5")
    facts = json.loads((folder() / "figure5.json").read_text())
    for name, gain in facts["gain"].items():
        if gain["vocals"] is None:  # a gate that has learnt nothing may shut throughout
            continue
        assert gain["vocals"] == pytest.approx(
            facts["sdr"][name]["vocals"] - facts["sdr"]["raw activity"]["vocals"], abs=2e-4
        )
