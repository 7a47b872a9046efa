"""Beyond the paper: every ablation has its row, from the same command."""

import json

from paper_study import NEEDS_MUSDB, done, folder

from offline_train.paper import ablations
from rtiass.stft import MODES

pytestmark = NEEDS_MUSDB
SOME = ("studio", "tight")
"""Each mode takes seconds; that all have their windows, tests of the views tell."""


def test_every_row_is_there(monkeypatch):
    monkeypatch.setattr(ablations, "MODES", {name: MODES[name] for name in SOME})
    done("ablations")
    lines = json.loads((folder() / "ablations.json").read_text())["lines"]
    systems = list(dict.fromkeys(line["system"] for line in lines))
    assert systems[:6] == [
        "as published: a network each, 12 frames ahead",
        "as published, gated",
        "as published, streaming Wiener filter",
        "causal",
        "JointNet: one causal network, labels of all instruments",
        "JointNet, no labels",
    ]
    assert [next(mode for mode in MODES if mode in row) for row in systems[6:]] == ["studio", *SOME]
    assert all(line["ours"] is not None or line["system"] == "as published, gated" for line in lines)
    assert all(line["paper"] is None for line in lines)
    labelled = {line["system"] for line in lines if line["figure"] == "auc"}
    assert labelled == {systems[0], "causal", systems[4], systems[6], systems[8]}
    text = (folder() / "ablations.md").read_text()
    assert "JointNet is another architecture" in text and "median of 21 frames, as published" in text
