"""Every table by its command, on the stand-in: networks trained, songs measured, the paper's figures beside ours."""

import json
import math

import pytest
from paper_study import NEEDS_MUSDB, NEEDS_OPENUNMIX, done, folder

from offline_train.paper.published import FIGURES, published

pytestmark = NEEDS_MUSDB
SYSTEMS = {
    "table1": ["3 blocks", "4 blocks"],
    "table2": ["Open-Unmix", "IASS", "IASS, gate open"],
    "table3": ["IASS", "Open-Unmix", "ideal binary mask", "mixture"],
    "table4": [
        "trained without, evaluated without",
        "trained without, evaluated with the true labels",
        "trained with, evaluated without",
        "trained with, evaluated with",
        "trained without: gain of the gate",
        "trained without: gain on common frames",
        "trained with: gain of the gate",
        "trained with: gain on common frames",
    ],
}
GATED = ("3 blocks", "4 blocks", "IASS", *SYSTEMS["table4"][3:])
"""Where a gate that has learnt nothing may shut throughout: then no frame is defined."""
FIGURES_OF = {"table2": ["sdr", "isr", "sir", "sar"], "table4": ["sdr", "sir", "pes"]}


@pytest.mark.parametrize(
    "name",
    ["table1", pytest.param("table2", marks=NEEDS_OPENUNMIX), pytest.param("table3", marks=NEEDS_OPENUNMIX), "table4"],
)
def test_a_table(name):
    result = done(name)
    facts = json.loads((folder() / f"{name}.json").read_text())
    assert (folder() / f"{name}.md").read_text().strip() in result.stdout
    assert "not comparable with the paper" in result.stdout and "median of 21 frames, as published" in result.stdout
    assert "only these were taken: vocals" in result.stdout
    assert ("The others are one rest" in result.stdout) == (name in ("table1", "table2"))
    lines = facts["lines"]
    assert list(dict.fromkeys(line["system"] for line in lines)) == SYSTEMS[name]
    assert list(dict.fromkeys(line["figure"] for line in lines)) == FIGURES_OF.get(name, ["sdr"])
    for line in lines:
        counted = line["defined"]
        if line["ours"] is None:
            # PES is not defined either where the target is never silent.
            assert line["system"] in GATED or line["figure"] == "pes"
            assert counted is None or counted["frames"] == 0
        else:
            assert math.isfinite(line["ours"])
            assert counted is None or 0 < counted["frames"] <= counted["all_frames"]
        if counted is None:
            assert line["instrument"] == "mean" or line["system"].endswith("gain of the gate")
        elif line["figure"] != "pes":
            assert (counted["all_songs"], counted["all_frames"]) == (1, 4)
        known = FIGURES[name].get(line["system"], {}).get(line["figure"], {}).get(line["instrument"])
        assert line["paper"] == known
        if known is None or line["ours"] is None:
            assert line["difference"] is None
        else:
            assert line["difference"] == pytest.approx(line["ours"] - known)


def test_the_paper_s_own_figures():
    assert published("table1", "4 blocks", "vocals", "sdr") == 6.51
    assert published("table2", "Open-Unmix", "other", "sdr") == 4.23
    assert published("table3", "mixture", "acoustic_guitar", "sdr") == -6.65
    assert published("table4", "trained with: gain of the gate", "vocals", "sir") == 3.1
    assert published("table2", "IASS", "vocals", "sir") is None


@NEEDS_OPENUNMIX
def test_no_better_than_ideal_and_all_of_the_mixture():
    done("table3")
    found = {line["system"]: line["ours"] for line in json.loads((folder() / "table3.json").read_text())["lines"]}
    assert found["ideal binary mask"] > max(found["mixture"], found["Open-Unmix"])


def test_a_run_s_folder_says_what_it_is_made_of():
    done("table1")
    run = folder() / "runs" / "musdb-iass4-vocals"
    assert 'stems = ["vocals", "accompaniment"]' in (run / "config.toml").read_text()
    facts = json.loads((run / "run.json").read_text())
    assert facts["network"] == {"kind": "iass", "blocks": 4, "causal": False}
    assert facts["mixing"]["hann"] and facts["fit"]["development"] == "valid" and facts["torch"]
    assert len(json.loads((run / "pool.json").read_text())) == 12  # three songs of four stems
    assert "stand-in" in (run / "LICENCES.md").read_text()
