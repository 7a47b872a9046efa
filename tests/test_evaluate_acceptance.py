"""The verdict on a model: each limit decides, nothing is rounded towards it, and what is unmet is said."""

import pytest

from offline_train.evaluation.goals import acceptance
from offline_train.evaluation.summary import mode_differences, mode_losses
from offline_train.lineup import LINEUPS

SDR = {"vocals": 5.0, "drums": 6.0, "bass": 5.0, "other": 4.0}
LOSS = {"studio": -0.2, "live": 0.0, "tight": 0.3, "ultra": 0.4, "instant": 0.49}


def rows_of(sdr=SDR, loss=LOSS, residue=-9.0, rest=-1.9):
    rows = {mode: {s: {"sdr": v - lost} for s, v in sdr.items()} for mode, lost in loss.items()}
    for parts in rows.values():
        parts["karaoke"] = {"vocals_level": residue, "rest_level": rest}
    rows["irm live"] = {s: {"sdr": 10.0} for s in sdr}
    rows["mixture"] = {s: {"sdr": -3.0} for s in sdr}
    rows["silence"] = {s: {"sdr": 0.0} for s in sdr}
    return rows


def effects(stems, **change):
    off = {"sir": 8.0, "pes": -10.0, "sdr": 5.0}
    fast = {"sir": 9.0, "pes": -30.0, "sdr": 4.96, **change}
    return {"recorded": {stem: {"off": off, "fast": fast} for stem in stems[:-1]}}


def verdict(rows=None, lineup="band", gates=None):
    stems = LINEUPS[lineup]
    return acceptance({"recorded": rows or rows_of()}, stems, gates or effects(stems))


def unmet(found):
    return [check["what"] for check in (*found["checks"], *found["floors"]) if not check["met"]]


def test_a_good_model_is_accepted():
    found = verdict()
    assert found["holds"] and found["floors_hold"] and found["unmet"] == []
    assert all("measured" in check and check["wanted"] for check in (*found["checks"], *found["floors"]))


def test_the_average_of_the_stems_is_held_to_half_of_the_ideal_masks():
    assert verdict(rows_of({**SDR, "other": 3.9999}))["unmet"] == [
        "average SDR of the stems in live, dB, against half of the ideal ratio mask's: wanted >= 5, measured 5.000."
    ]


@pytest.mark.parametrize(("residue", "sdr", "met"), [(-15.0, 10.0, True), (-14.99, 10.0, False), (-15.0, 9.99, False)])
def test_karaoke_is_held_to_residue_and_instruments(residue, sdr, met):
    rows = rows_of({"vocals": 8.0, "accompaniment": sdr}, residue=residue)
    assert verdict(rows, "karaoke")["holds"] is met


@pytest.mark.parametrize(("residue", "rest", "what"), [(-7.99, -1.0, "left of the vocals"), (-9.0, -2.0, "rest loses")])
def test_bands_sing_along_too(residue, rest, what):
    found = unmet(verdict(rows_of(residue=residue, rest=rest)))
    assert len(found) == 1 and what in found[0]


@pytest.mark.parametrize(("figure", "value"), [("sir", 7.98), ("pes", -9.98), ("sdr", 4.949)])
def test_the_gate_must_help_and_cost_nothing(figure, value):
    found = unmet(verdict(gates=effects(LINEUPS["band"], **{figure: value})))
    assert found == [f"{figure.upper()} of {stem} with the gate, change in dB" for stem in LINEUPS["band"][:-1]]


def test_each_short_mode_is_held_to_its_loss():
    for mode in ("tight", "ultra", "instant"):
        found = unmet(verdict(rows_of(loss={**LOSS, mode: 0.5001})))
        assert found == [f"SDR that {mode} loses against live, mean over stems, dB"]


def test_what_was_not_measured_is_not_met_and_said():
    rows = rows_of()
    del rows["ultra"]
    found = verdict(rows)
    assert not found["holds"]
    assert found["unmet"] == ["SDR that ultra loses against live, mean over stems, dB: wanted < 0.5, not measured."]
    assert not acceptance({"rendered": rows_of()}, LINEUPS["band"])["holds"]


@pytest.mark.parametrize(("row", "limit"), [("silence", 0.0), ("mixture", 4.0)])
def test_a_stem_that_is_no_better_than_doing_nothing_breaks_the_floor(row, limit):
    rows = rows_of()
    rows["live"]["other"]["sdr"] = limit
    rows[row]["other"]["sdr"] = limit
    found = verdict(rows)
    assert not found["floors_hold"]
    assert f"SDR of other in live, dB, against that of {row}" in unmet(found)


def test_stems_without_recorded_material_have_no_floor():
    rows = rows_of()
    for parts in rows.values():
        if "bass" in parts:
            parts["bass"]["sdr"] = None
    found = verdict(rows)
    assert found["floors_hold"] and not [check for check in found["floors"] if "bass" in check["what"]]


def test_losses_are_means_over_stems():
    rows = rows_of()
    rows["tight"]["bass"]["sdr"] -= 4.0
    assert mode_losses(rows)["tight"] == pytest.approx(1.3)
    assert mode_losses(rows)["studio"] == pytest.approx(-0.2)
    assert mode_differences(rows)["tight"] == pytest.approx(
        {"vocals": -0.3, "drums": -0.3, "bass": -4.3, "other": -0.3}
    )
