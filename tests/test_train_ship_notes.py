"""The card tells what was watched and changed during training apart from the results."""

import json

import pytest
import torch
from tiny_stems import NETWORK

from offline_train.card import attribution, curve, figures, training, verdict, weights_licence
from offline_train.network import build


@pytest.fixture
def run_folder(tmp_path):
    network = build(NETWORK).state_dict()
    state = {"step": 7, "elapsed": 60.0, "seconds": 3600.0, "network": NETWORK, "average": network}
    torch.save(state, tmp_path / "checkpoint.pt")
    records = [{"step": 1, "loss": 0.5}, {"step": 1, "validation": {"vocals": 1.5}}]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, records)))
    facts = {"parameters": 1, "torch": "2", "seed": 3, "changes": ["step 5: less of a"], "notes": ["After a look."]}
    (tmp_path / "run.json").write_text(json.dumps(facts))
    return tmp_path


def test_changes_and_notes_of_the_run_are_told(run_folder):
    assert training(run_folder)["notes"] == ["step 5: less of a", "After a look."]


def test_what_was_watched_is_named_so(run_folder):
    summary = training(run_folder)
    assert summary["watched"]["vocals"] == 1.5
    assert "Not a result" in summary["watched"]["note"]
    assert not [key for key in summary if "sdr" in key]


def test_figures_say_their_songs_and_the_verdict():
    counts = {"sdr": {"songs": 1, "seconds": 60.0}}
    parts = {"bass": {"sdr": 3.87654, "pes": None, "n": counts}}
    report = {
        "split": "valid",
        "seconds": 60.0,
        "songs": {"recorded": {"v": {}}},
        "summary": {"recorded": {"live": parts}},
        "losses": {"recorded": {"tight": 0.25}},
        "acceptance": {"holds": False, "checks": []},
    }
    found = figures(report)
    assert found["recorded"]["live"]["bass"] == {"sdr": 3.8765, "n": {"sdr": "1 song, 60 s"}}
    assert found["recorded"]["loss_against_live"] == {"tight": 0.25}
    assert found["acceptance"]["holds"] is False


def test_the_learning_curve_is_told_by_hours_and_minutes(run_folder):
    lines = []
    for step in range(1, 41):
        lines.append({"step": step, "loss": 1.0, "seconds": 900.0, "elapsed": 30.0 * step})
        if step % 2 == 0:
            lines.append({"step": step, "development": {"development": 1.0 / step, "development/mask": 0.1}})
            lines.append({"step": step, "validation": {"vocals": 0.1 * step}})
    (run_folder / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    rows = curve(run_folder)
    assert len(rows) == 16
    assert rows[0] == {"step": 2, "minutes": 1.0, "audio_hours": 0.5, "development": 0.5, "sdr": {"vocals": 0.2}}
    assert (rows[-1]["minutes"], rows[-1]["audio_hours"]) == (20.0, 10.0)
    assert "longer training on the same material" in training(run_folder)["curve_note"]
    flat = [{**row, "development": 0.5} for row in rows]
    assert "other material, recordings first" in verdict(flat)
    assert verdict(rows[:2]) == ""


def test_commands_are_told_without_the_folders_of_a_machine(run_folder):
    facts = json.loads((run_folder / "run.json").read_text())
    facts["starts"] = [
        {"step": 0, "pool": "/somewhere/pool", "overrides": {"minutes": 5.0}},
        {"step": 9, "pool": "/somewhere/pool"},
    ]
    (run_folder / "run.json").write_text(json.dumps(facts))
    (run_folder / "origin.json").write_text(json.dumps({"name": "band", "version": "1", "sha256": "0"}))
    run = run_folder.name
    assert training(run_folder)["commands"] == [
        f"rtiass-train train --out {run} --config config.toml --pool pool --from band --minutes 5.0",
        f"rtiass-train train --out {run} --resume --pool pool",
    ]


@pytest.mark.parametrize(
    ("licences", "stated"),
    [
        (["CC0-1.0", "CC-BY-4.0 + MIT", "CC-BY-SA-3.0 + GPL-2+ + SCOTTPOID terms"], "CC-BY-4.0"),
        (["MIT", "CC BY-NC-SA 4.0"], "not stated"),
        (["per song, for research only"], "not stated"),
        (["unknown"], "not stated"),
    ],
)
def test_weights_are_free_only_where_the_material_is(licences, stated):
    licence, why = weights_licence({"licence": name} for name in licences)
    assert licence == stated and why.endswith(".")


def test_everybody_is_credited_once():
    entries = [
        {"source": "Kit + Grooves", "licence": "CC-BY-4.0 + MIT", "credit": "Ann + Bob"},
        {"source": "Grooves", "licence": "MIT", "credit": "Bob"},
        {"source": "Noises", "licence": "CC0-1.0", "credit": ""},
    ]
    assert attribution(entries).startswith("Trained in part on: Ann (CC-BY-4.0); Bob (MIT); Noises (CC0-1.0). All")
