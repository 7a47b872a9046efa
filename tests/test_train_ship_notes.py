"""The card tells what was watched and changed during training apart from the results."""

import json

import pytest
import torch
from tiny_stems import NETWORK

from offline_train.network import build
from offline_train.ship import figures, training_summary


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
    assert training_summary(run_folder)["notes"] == ["step 5: less of a", "After a look."]


def test_what_was_watched_is_named_so(run_folder):
    summary = training_summary(run_folder)
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
